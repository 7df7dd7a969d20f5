"""Sets of projects and memberships. Nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models

from projects.roles import Role

if TYPE_CHECKING:
    from projects.models import Membership, Project  # noqa: F401


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Any) -> ProjectQuerySet:
        """Those that `user` belongs to, each with his role as `role`; staff and superusers see no others."""
        return self.filter(memberships__user=user).annotate(role=models.F("memberships__role"))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_project(self, project_id: UUID) -> MembershipQuerySet:
        return self.filter(project_id=project_id)

    def admins(self) -> MembershipQuerySet:
        return self.filter(role=Role.ADMIN)

    def last_admins(self, users: models.QuerySet[Any] | list[Any]) -> MembershipQuerySet:
        """The memberships of `users` without which a project has no admin left who can sign in."""
        others = self.model._default_manager.filter(project_id=models.OuterRef("project_id"), role=Role.ADMIN)
        if _users_can_be_inactive():
            others = others.filter(user__is_active=True)
        return self.admins().filter(user__in=users).exclude(models.Exists(others.exclude(user__in=users).values("pk")))


def _users_can_be_inactive() -> bool:
    """Whether the site's user model has the column; a model of its own may do without."""
    return any(field.name == "is_active" for field in get_user_model()._meta.get_fields())
