"""What a task could see: every secret of its owners, names and facts alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from neo_base.access.actors import Actor
from secrets_app.models import Secret
from secrets_app.models.task_grant import OwnerKind
from secrets_app.tasks.selection import Candidate


def owner_kinds_of(actor: Actor, project_id: UUID | None) -> list[OwnerKind]:
    """Return whose secrets a task may see. A token of one project reaches nothing personal, through a task either."""
    if project_id is None:
        return [OwnerKind.PERSONAL]
    return [OwnerKind.PROJECT] if actor.only_project_id is not None else [OwnerKind.PERSONAL, OwnerKind.PROJECT]


def secrets_of(user_id: Any, project_id: UUID | None, owner_kinds: Collection[OwnerKind]) -> QuerySet[Secret]:
    """All secrets of the owners of these kinds."""
    seen = Q(pk__in=[])
    if OwnerKind.PERSONAL in owner_kinds:
        seen |= Q(user_id=user_id)
    if OwnerKind.PROJECT in owner_kinds:
        seen |= Q(project_id=project_id)
    return Secret.objects.filter(seen)


def candidates_for(user_id: Any, project_id: UUID | None, owner_kinds: Collection[OwnerKind]) -> list[Candidate]:
    """Costs one query."""
    rows = (
        secrets_of(user_id, project_id, owner_kinds)
        .order_by()
        .values_list(
            "id",
            "name",
            "project_id",
            "version",
            "default_available",
            "expires_at",
            "is_quarantined",
            "is_maskable",
            "grant_id",
            "promoted_at",
        )
    )
    return [
        Candidate(
            secret_id=secret_id,
            name=name,
            owner_kind=OwnerKind.PROJECT if in_project else OwnerKind.PERSONAL,
            version=version,
            default_available=default_available,
            expires_at=expires_at,
            is_quarantined=is_quarantined,
            is_maskable=is_maskable,
            is_unpromoted=grant_id is not None and promoted_at is None,
        )
        for (
            secret_id,
            name,
            in_project,
            version,
            default_available,
            expires_at,
            is_quarantined,
            is_maskable,
            grant_id,
            promoted_at,
        ) in rows
    ]
