"""Memberships in projects."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.accounts import can_be_inactive
from neo_base.access.roles import Role, role_in_words
from projects.models.project import Project


class MembershipQuerySet(models.QuerySet["Membership"]):
    """A set of memberships."""

    def of_project(self, project_id: UUID) -> MembershipQuerySet:
        return self.filter(project_id=project_id)

    def admins(self) -> MembershipQuerySet:
        return self.filter(role=Role.ADMIN)

    def able_to_sign_in(self) -> MembershipQuerySet:
        """Return memberships of active users; all, if the user model has no column `is_active`."""
        return self.filter(user__is_active=True) if can_be_inactive() else self

    def last_admins(self, users: models.QuerySet[Any] | list[Any]) -> MembershipQuerySet:
        """Return the memberships of `users` without which a project would have no admin who can sign in."""
        others = self.model._default_manager.filter(project_id=models.OuterRef("project_id"), role=Role.ADMIN)
        if can_be_inactive():
            others = others.filter(user__is_active=True)
        return self.admins().filter(user__in=users).exclude(models.Exists(others.exclude(user__in=users).values("pk")))


class Membership(models.Model):
    """One user's role in one project."""

    # The unique constraint has the index.
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="projects_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="projects_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({role_in_words(self.role)})"
