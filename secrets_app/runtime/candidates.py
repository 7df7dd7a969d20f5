"""What a task could see: every secret of its scopes, names and facts alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q

from projects.actors import Actor
from secrets_app.models import Secret
from secrets_app.models.task_grant import Origin
from secrets_app.runtime.selection import Candidate


def origins_of(actor: Actor, project_id: UUID | None) -> list[Origin]:
    """The scopes of a task. A token that is limited to a project reaches nothing personal, through a task either."""
    if project_id is None:
        return [Origin.PERSONAL]
    is_limited = actor.limits is not None and actor.limits.project_id is not None
    return [Origin.PROJECT] if is_limited else [Origin.PERSONAL, Origin.PROJECT]


def candidates_for(owner: Any, project_id: UUID | None, origins: Collection[Origin]) -> list[Candidate]:
    """Costs one query."""
    scopes = {Origin.PERSONAL: Q(owner=owner), Origin.PROJECT: Q(project_id=project_id)}
    wanted = Q(pk__in=[])
    for origin in origins:
        wanted |= scopes[origin]
    rows = (
        Secret.objects.filter(wanted)
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
