"""Candidates: all secrets that a task could see, with names and metadata, without values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from neo_base import quick_way
from neo_base.access.actors import Actor
from neo_base.access.compiled import Compiled, Given
from secrets_app.models import Secret
from secrets_app.models.task_grant import OwnerKind
from secrets_app.tasks.selection import Candidate

COLUMNS = (
    *("id", "name", "project_id", "version", "default_available", "expires_at", "quarantine_reason", "is_maskable"),
    *("grant_id", "promoted_at"),
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
    kinds = tuple(sorted(owner_kinds))
    if quick_way.is_open():
        rows: Iterable[tuple[Any, ...]] = _compiled(kinds).fetch({"user": user_id, "project": project_id})
    else:
        rows = secrets_of(user_id, project_id, kinds).order_by().values_list(*COLUMNS)
    return [
        Candidate(
            secret_id=secret_id,
            name=name,
            owner_kind=OwnerKind.PROJECT if owning_project_id else OwnerKind.PERSONAL,
            version=version,
            default_available=default_available,
            expires_at=expires_at,
            quarantine_reason=quarantine_reason,
            is_maskable=is_maskable,
            is_unpromoted=quarantine_reason != "" or (grant_id is not None and promoted_at is None),
        )
        for (
            secret_id,
            name,
            owning_project_id,
            version,
            default_available,
            expires_at,
            quarantine_reason,
            is_maskable,
            grant_id,
            promoted_at,
        ) in rows
    ]


@cache
def _compiled(owner_kinds: tuple[OwnerKind, ...]) -> Compiled:
    user, project = Secret.user.field.target_field, Secret.project.field.target_field
    return Compiled.of(
        secrets_of(Given("user", user), Given("project", project), owner_kinds).order_by().values_list(*COLUMNS)
    )
