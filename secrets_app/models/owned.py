"""The base class of models whose rows belong to one user or one project."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from secrets_app.models.project import PROJECT_FIELD, PROJECT_MODEL
from secrets_app.owners import Owner, owner_of

ONE_OWNER = models.Q(user__isnull=True, project__isnull=False) | models.Q(user__isnull=False, project__isnull=True)


class Owned(models.Model):
    """A row with one owner: either `user` or `project` is set. Subclasses add the constraint `ONE_OWNER`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    project = models.ForeignKey(
        PROJECT_MODEL,
        to_field=PROJECT_FIELD,
        verbose_name=_("project"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    def owner(self) -> Owner:
        return owner_of(self.user_id, self.project_id)
