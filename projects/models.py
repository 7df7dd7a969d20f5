"""Projects and who belongs to them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from projects.querysets import MembershipQuerySet, ProjectQuerySet
from projects.roles import Role

MAX_NAME_LENGTH = 128
MAX_SETTINGS_LENGTH = 35_000


class Project(models.Model):
    """A group of people that share secrets. Sites with a project model of their own replace this one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=MAX_NAME_LENGTH, blank=True)
    settings_md = models.TextField("settings (Markdown)", max_length=MAX_SETTINGS_LENGTH, blank=True)
    tags = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        swappable = "SECRETS_APP_PROJECT_MODEL"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or str(self.id)


class Membership(models.Model):
    """One user's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="projects_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="projects_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
