"""What rows that belong to one user or one project have in common."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from secrets_app.scopes import Scope

DEFAULT_PROJECT_MODEL = "projects.Project"
PROJECT_MODEL: str = getattr(settings, "SECRETS_APP_PROJECT_MODEL", DEFAULT_PROJECT_MODEL)

ONE_SCOPE = models.Q(owner__isnull=True, project__isnull=False) | models.Q(owner__isnull=False, project__isnull=True)


class Scoped(models.Model):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    project = models.ForeignKey(
        PROJECT_MODEL, verbose_name=_("project"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def scope(self) -> Scope:
        return Scope(owner_id=self.owner_id, project_id=self.project_id)
