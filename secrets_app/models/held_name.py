"""Names under which tokens create secrets in quarantine only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from secrets_app.models.owned import ONE_OWNER, Owned
from secrets_app.models.secret import MAX_NAME_LENGTH
from secrets_app.owners import Owner


class HeldNameQuerySet(models.QuerySet["HeldName"]):
    def owned_by(self, owner: Owner) -> HeldNameQuerySet:
        return self.filter(**owner.columns)


class HeldName(Owned):
    """The name of a secret that a person deleted instead of promoting it. It stays held until one is promoted."""

    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH)

    objects: ClassVar[HeldNameQuerySet] = HeldNameQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("held name")
        verbose_name_plural = _("held names")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=ONE_OWNER, name="secrets_held_owner"),
            models.UniqueConstraint(
                fields=["user", "name"], condition=models.Q(user__isnull=False), name="secrets_held_personal_name"
            ),
            models.UniqueConstraint(
                fields=["project", "name"], condition=models.Q(project__isnull=False), name="secrets_held_project_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
