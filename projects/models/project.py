"""A group of people that share things."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.audit.subjects import Subject
from projects.querysets import ProjectQuerySet

MAX_NAME_LENGTH = 128
MAX_SETTINGS_LENGTH = 35_000


class Project(models.Model):
    """A group of people that share secrets. Sites with a project model of their own replace this one."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH, blank=True)
    settings_md = models.TextField(_("settings (Markdown)"), max_length=MAX_SETTINGS_LENGTH, blank=True)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    shared_with_team = models.BooleanField(
        _("shared with everyone on the site"),
        default=False,
        help_text=_("Every active user has the role that the site's settings name. Without such a setting: no effect."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        swappable = "SECRETS_APP_PROJECT_MODEL"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def subject(self) -> Subject:
        """The project in the audit log."""
        return Subject("project", str(self.pk), self.name)
