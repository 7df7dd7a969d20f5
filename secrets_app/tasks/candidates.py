"""What a task could see: every secret of its scopes, names and facts alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from neo_base.access.actors import Actor
from secrets_app.models import Secret
from secrets_app.models.task_grant import Origin
from secrets_app.tasks.selection import Candidate


def origins_of(actor: Actor, project_id: UUID | None) -> list[Origin]:
    """The scopes of a task. A token that is limited to a project reaches nothing personal, through a task either."""
    if project_id is None:
        return [Origin.PERSONAL]
    return [Origin.PROJECT] if actor.only_project_id is not None else [Origin.PERSONAL, Origin.PROJECT]


def secrets_of(owner_id: Any, project_id: UUID | None, origins: Collection[Origin]) -> QuerySet[Secret]:
    """All secrets in the scopes of a task."""
    seen = Q(pk__in=[])
    if Origin.PERSONAL in origins:
        seen |= Q(owner_id=owner_id)
    if Origin.PROJECT in origins:
        seen |= Q(project_id=project_id)
    return Secret.objects.filter(seen)


def candidates_for(owner_id: Any, project_id: UUID | None, origins: Collection[Origin]) -> list[Candidate]:
    """Costs one query."""
    rows = (
        secrets_of(owner_id, project_id, origins)
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
            origin=Origin.PROJECT if in_project else Origin.PERSONAL,
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
