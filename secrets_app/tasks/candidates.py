"""Candidates: all secrets that a task could see, with names and metadata, without values."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BinaryField,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Subquery,
    Value,
)

from neo_base import quick_way
from neo_base.access.accounts import can_be_inactive, has_password
from neo_base.access.actors import Actor
from neo_base.access.compiled import Compiled, Given, until_settings_change
from neo_base.access.policies import roles_for
from neo_base.quick_way import NotRegular
from secrets_app.conf import conf, membership_policy_path
from secrets_app.models import CredentialTree, EndedCredential, Secret
from secrets_app.models.task_grant import OwnerKind
from secrets_app.tasks.selection import Candidate

COLUMNS = (
    *("id", "name", "version", "default_available", "expires_at", "quarantine_reason", "is_maskable"),
    *("project_id", "grant_id", "promoted_at"),
)


def owner_kinds_of(actor: Actor, project_id: UUID | None) -> list[OwnerKind]:
    """Return whose secrets the actor's task may see.

    A service token that is limited to a project reaches no personal secrets, and neither do its tasks.
    """
    if project_id is None:
        return [OwnerKind.PERSONAL]
    return [OwnerKind.PROJECT] if actor.only_project_id is not None else [OwnerKind.PERSONAL, OwnerKind.PROJECT]


def secrets_of(user_id: Any, project_id: Any, owner_kinds: Collection[OwnerKind]) -> QuerySet[Secret]:
    """Return the secrets of this user and of this project, if their kind is among `owner_kinds`."""
    seen = Q(pk__in=[])
    if OwnerKind.PERSONAL in owner_kinds:
        seen |= Q(user_id=user_id)
    if OwnerKind.PROJECT in owner_kinds:
        seen |= Q(project_id=project_id)
    return Secret.objects.filter(seen)


def candidates_for(user_id: Any, project_id: UUID | None, owner_kinds: Collection[OwnerKind]) -> list[Candidate]:
    """Return the metadata of the secrets in `secrets_of`, in one query."""
    return [_candidate(row) for row in secrets_of(user_id, project_id, owner_kinds).order_by().values_list(*COLUMNS)]


class Grantor(NamedTuple):
    """What decides whether a user may grant, at the moment of a query."""

    role: str | None
    endings: int | None
    """How often something in the user's tree has ended; None if they or their session are not as they were."""


def candidates_and_grantor(
    actor: Actor, project_id: UUID | None, owner_kinds: Collection[OwnerKind]
) -> tuple[list[Candidate], Grantor]:
    """Return what `candidates_for` returns, and what decides about the actor's user, in one query on PostgreSQL.

    Raises NotRegular if there are no candidates, or if no statement can tell on this site what decides.
    """
    statement = _compiled(tuple(sorted(owner_kinds)), membership_policy_path()) if quick_way.is_open() else None
    if statement is None:
        raise NotRegular
    kind, credential_id = actor.origin.credential
    asked = {
        "user": actor.user.pk,
        "password": sha256(actor.user.password.encode()).digest(),
        "project": project_id,
        "kind": kind,
        "credential": credential_id,
    }
    rows = statement.fetch(asked)
    if not rows:
        raise NotRegular
    width = len(COLUMNS)
    return [_candidate(row[:width]) for row in rows], Grantor(*rows[0][width:])


def _candidate(row: tuple[Any, ...]) -> Candidate:
    secret_id, name, version, is_default, expires_at, reason, is_maskable, project_id, grant_id, promoted_at = row
    owner_kind = OwnerKind.PROJECT if project_id else OwnerKind.PERSONAL
    is_unpromoted = reason != "" or (grant_id is not None and promoted_at is None)
    return Candidate(secret_id, name, owner_kind, version, is_default, expires_at, reason, is_maskable, is_unpromoted)


@until_settings_change
def _compiled(owner_kinds: tuple[OwnerKind, ...], _policy: str) -> Compiled | None:
    user, project = (Given(name, getattr(Secret, name).field.target_field) for name in ("user", "project"))
    roles = roles_for(conf.membership_policy, user)
    if roles is None or not has_password():
        return None
    grantor = {
        "role": Subquery(roles.filter(project_id=project).values("role")),
        "endings": Subquery(_unended(user).values("endings")),
    }
    secrets = secrets_of(user, project, owner_kinds).order_by().annotate(**grantor)
    return Compiled.of(secrets.values_list(*COLUMNS, *grantor))


def _unended(user: Given) -> QuerySet[CredentialTree]:
    """Return the tree of the user, if they are active, and if password and session are those of the request.

    The password is compared by a digest, since PostgreSQL may log what it is asked with.
    """
    password = Func(Func(F("user__password"), Value("UTF8"), function="convert_to"), function="sha256")
    ended = EndedCredential.objects.filter(
        kind=Given("kind", CharField()), credential_id=Given("credential", CharField())
    )
    is_active = {"user__is_active": True} if can_be_inactive() else {}
    trees = CredentialTree.objects.annotate(password=ExpressionWrapper(password, BinaryField()))
    return trees.filter(~Exists(ended), pk=user, password=Given("password", BinaryField()), **is_active)
