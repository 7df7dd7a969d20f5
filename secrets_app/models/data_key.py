"""Data keys, one active per owner, keys of the site, and the key check values of the master keys that wrap them."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from secrets_app.models.owned import ONE_OWNER, Owned


class DataKey(Owned):
    """A key of one owner, wrapped under a master key. Deleting the row destroys everything that it sealed."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        RETIRING = "retiring", _("Retiring")
        DESTROYED = "destroyed", _("Destroyed")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    master_key_id = models.CharField(_("master key"), max_length=64)
    wrapped = models.BinaryField()
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.ACTIVE)
    seals = models.PositiveIntegerField(
        _("seals"), default=0, help_text=_("An upper bound of how often this key has sealed.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("data key")
        verbose_name_plural = _("data keys")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=ONE_OWNER, name="secrets_data_key_owner"),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(state="active", user__isnull=False),
                name="secrets_data_key_user",
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state="active", project__isnull=False),
                name="secrets_data_key_project",
            ),
        ]
        indexes = [models.Index(fields=["master_key_id", "state"], name="secrets_data_key_master")]

    def __str__(self) -> str:
        return str(self.id)


class SiteOwner(NamedTuple):
    """Whose a key of the site is: the part of the site that seals with it."""

    label: str


class SiteKey(models.Model):
    """A key of the site itself, wrapped under a master key, for texts that are nobody's secrets: `site_sealing`."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("purpose"), max_length=32)
    master_key_id = models.CharField(_("master key"), max_length=64)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("site key")
        verbose_name_plural = _("site keys")
        default_permissions = ()
        # Not `unique=True`, for which Django makes a second index of a text.
        constraints = [models.UniqueConstraint(fields=["purpose"], name="secrets_site_key_purpose")]

    def __str__(self) -> str:
        return self.purpose

    @property
    def owner(self) -> SiteOwner:
        """Return what the wrapping binds the key to, in the place of a user or project."""
        return SiteOwner(f"site:{self.purpose}")


class KeyCheckValue(models.Model):
    """A key check value: it proves that the master key of this id is the one that was used before."""

    master_key_id = models.CharField(_("master key"), max_length=64, primary_key=True)
    check_value = models.BinaryField()
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("master key")
        verbose_name_plural = _("master keys")

    def __str__(self) -> str:
        return self.master_key_id
