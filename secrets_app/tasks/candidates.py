"""Candidates: all secrets that a task could see, with names and metadata, without values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, Exists, Q, QuerySet, Subquery

from neo_base import quick_way
from neo_base.access.actors import Actor, Credential
from neo_base.access.compiled import Compiled, Given, until_settings_change
from neo_base.access.policies import roles_for
from neo_base.quick_way import NotRegular
from secrets_app.conf import conf, membership_policy_path
from secrets_app.models import EndedCredential, Secret
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
    has_ended: bool
    """Whether the credential of the user is a session that has ended."""


def candidates_and_grantor(
    user_id: Any, project_id: UUID | None, owner_kinds: Collection[OwnerKind], credential: Credential
) -> tuple[list[Candidate], Grantor]:
    """Return what `candidates_for` returns, and what decides about the user, in one query on PostgreSQL.

    Raises NotRegular if there are no candidates, or if no statement can tell the role on this site.
    """
    statement = _compiled(tuple(sorted(owner_kinds)), membership_policy_path()) if quick_way.is_open() else None
    if statement is None:
        raise NotRegular
    asked = {"user": user_id, "project": project_id, "kind": credential.kind, "credential": credential.id}
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
    if roles is None:
        return None
    sessions = {"kind": Given("kind", CharField()), "credential_id": Given("credential", CharField())}
    grantor = {
        "role": Subquery(roles.filter(project_id=project).values("role")),
        "has_ended": Exists(EndedCredential.objects.filter(**sessions)),
    }
    secrets = secrets_of(user, project, owner_kinds).order_by().annotate(**grantor)
    return Compiled.of(secrets.values_list(*COLUMNS, *grantor))
