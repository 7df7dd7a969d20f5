"""Workspaces and seats, which is what this site calls projects and memberships."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Workspace(models.Model):
    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.title


class Seat(models.Model):
    class Level(models.TextChoices):
        GUEST = "guest"
        EDITOR = "editor"
        OWNER = "owner"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="seats")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seats")
    level = models.CharField(max_length=8, choices=Level.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "person"], name="workspaces_one_seat")]

    def __str__(self) -> str:
        return f"{self.person} in {self.workspace}"
