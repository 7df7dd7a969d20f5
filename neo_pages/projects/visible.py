"""The project that a page is about, as the person who asks may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from neo_base.access.actors import Actor
from neo_base.rest.refused_attempts import get_visible_or_404
from projects.models import Project
from projects.policies import Permission, require


def visible_project(actor: Actor, project_id: UUID, permission: Permission) -> Any:
    """Return the project with its people and the actor's `role`.

    Raise Missing if the actor does not belong to it, RoleTooLow if they may not do what `permission` is about.
    """
    project = get_visible_or_404(Project.objects.visible_to(actor.user).with_people(), project_id)
    require(actor, permission, project_id)
    return project
