"""The projects that this site had before secrets_app, and the users who work on them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Project(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.title


class Collaborator(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collaborations")
    may_edit = models.BooleanField(default=False)
    leads = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="projects_one_collaborator")]

    def __str__(self) -> str:
        return f"{self.user} on {self.project}"
