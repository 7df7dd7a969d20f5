"""Secrets, with the current value in the secret's row, and former values in `SecretVersion`."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from secrets_app.conf import conf
from secrets_app.fields import SealedTextField
from secrets_app.models.data_key import DataKey
from secrets_app.models.owned import ONE_OWNER, Owned
from secrets_app.models.project import PROJECT_FIELD, PROJECT_MODEL
from secrets_app.owners import Owner

MAX_NAME_LENGTH = 128
MAX_VALUE_LENGTH = 10_000
MAX_DESCRIPTION_LENGTH = 500
# `\Z` rather than `$`, which in Python also matches before a final newline.
NAME_PATTERN = r"^[A-Z][A-Z0-9_]*\Z"
NAME_FORM = RegexValidator(
    NAME_PATTERN,
    _("Use upper-case letters A to Z, digits and underscores, beginning with a letter."),
)

NAME_TAKEN = _("This owner already has a secret with this name.")

DEFAULT_ORDER = "name"
ORDERS = ("name", "updated_at", "last_used_at", "expires_at")
"""The columns by which lists can be sorted; a `-` in front reverses the order."""

EXPIRES_SOON = timedelta(days=14)
UNUSED_AFTER = timedelta(days=90)
IDLE_SINCE = Coalesce("last_used_at", "created_at")
"""When a secret was last used, or created if it never was. The index `secrets_secret_idle` has the same expression."""


class SecretQuerySet(models.QuerySet["Secret"]):
    def visible_to(self, actor: Actor) -> SecretQuerySet:
        """Return the actor's personal secrets and those of their projects.

        With a token that is limited to a project, return only that project's. Staff and superusers see no more.
        """
        shared = Q(project_id__in=conf.membership_policy.project_ids(actor.user))
        if actor.only_project_id is not None:
            return self.filter(shared, project_id=actor.only_project_id)
        return self.filter(Q(user=actor.user) | shared)

    def expiring(self, *, within: timedelta) -> SecretQuerySet:
        """Return the secrets that are not expired yet and expire within this time from now."""
        now = timezone.now()
        return self.filter(expires_at__gt=now, expires_at__lte=now + within)

    def owned_by(self, owner: Owner) -> SecretQuerySet:
        return self.filter(**owner.columns)

    def matching(self, text: str) -> SecretQuerySet:
        """Return the secrets with `text` in their name or description, in whatever case; all for an empty text."""
        return self.filter(Q(name__icontains=text) | Q(description__icontains=text)) if text else self

    def sorted_by(self, ordering: str) -> SecretQuerySet:
        """Sort by one of `ORDERS`, or by it in reverse after a `-`.

        Rows without a time come last in either order, and rows that are equal come by name, so that pages do not
        overlap.
        """
        if ordering.removeprefix("-") == DEFAULT_ORDER:
            return self.order_by(ordering, "id")
        column = F(ordering.removeprefix("-"))
        is_reversed = ordering.startswith("-")
        return self.order_by(column.desc(nulls_last=True) if is_reversed else column.asc(nulls_last=True), "name", "id")

    def expired(self) -> SecretQuerySet:
        return self.filter(expires_at__lte=timezone.now())

    def expiring_soon(self) -> SecretQuerySet:
        """Return the secrets that are not expired yet and expire within `EXPIRES_SOON`."""
        return self.expiring(within=EXPIRES_SOON)

    def unused(self) -> SecretQuerySet:
        """Return the secrets that were neither used nor created within `UNUSED_AFTER`."""
        return self.alias(idle_since=IDLE_SINCE).filter(idle_since__lt=timezone.now() - UNUSED_AFTER)

    def quarantined(self) -> SecretQuerySet:
        return self.exclude(quarantine_reason="")

    def damaged(self) -> SecretQuerySet:
        """Return the secrets whose current value did not open when it was last verified."""
        return self.filter(damaged_at__isnull=False)

    def too_short_to_mask(self) -> SecretQuerySet:
        return self.filter(is_maskable=False)


class QuarantineReason(models.TextChoices):
    """Why a secret is in quarantine."""

    AGENT = "agent", _("Made by an agent")
    """No task gets it but the one that created it."""
    RISKY_NAME = "risky_name", _("Risky name")
    """Tasks get it only if they select it, or their thread remembers that: never because it is available by default."""


class SealedValue(models.Model):
    """One version of a value, sealed. Its mask is sealed separately, so that lists never open a value."""

    data_key = models.ForeignKey(
        DataKey, verbose_name=_("data key"), on_delete=models.RESTRICT, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    set_at = models.DateTimeField(
        _("set at"), default=timezone.now, editable=False, help_text=_("When this value was set.")
    )
    value = SealedTextField(editable=False)
    mask = SealedTextField(editable=False)
    is_maskable = models.BooleanField(
        default=False, editable=False, help_text="Long enough to be found and hidden in what a task prints."
    )
    damaged_at = models.DateTimeField(
        _("damaged since"),
        null=True,
        editable=False,
        help_text=_("When `manage.py secrets verify` found that this value does not open; empty if it opens."),
    )

    class Meta:
        abstract = True

    @property
    def is_damaged(self) -> bool:
        """Return whether the last verification could not open this value."""
        return self.damaged_at is not None


class Secret(Owned, SealedValue):
    """A named secret. Its ciphertexts are bound to id, owner, field and version, so they open in no other row."""

    # As in `Owned`, without indexes: the constraints of the names have one that begins with each of them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    project = models.ForeignKey(
        PROJECT_MODEL,
        to_field=PROJECT_FIELD,
        verbose_name=_("project"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH, validators=[NAME_FORM])
    description = models.CharField(_("description"), max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    default_available = models.BooleanField(
        _("default available"),
        default=False,
        help_text=_("Exposed to every task of its owner; else only to tasks that select it."),
    )
    is_exempt_from_redaction = models.BooleanField(
        _("exempt from redaction"),
        default=False,
        help_text=_("For a value that is no secret, such as production: what tasks print of it stays readable."),
    )
    created_by_agent = models.BooleanField(_("made by an agent"), default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    task_id = models.CharField(_("made by the task"), max_length=128, blank=True, editable=False)
    grant_id = models.UUIDField("made under the grant", null=True, editable=False)
    quarantine_reason = models.CharField(
        _("in quarantine"),
        max_length=16,
        blank=True,
        choices=QuarantineReason.choices,
        editable=False,
        help_text=_("Why other tasks do not get it by default until a person promotes it; empty if they do."),
    )
    promoted_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(
        default=1, editable=False, help_text="Counts the changes of this row; its ETag."
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    is_current: ClassVar[bool] = True

    objects: ClassVar[SecretQuerySet] = SecretQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=ONE_OWNER, name="secrets_secret_owner"),
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(user__isnull=False),
                name="secrets_secret_personal_name",
                violation_error_message=NAME_TAKEN,
            ),
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=models.Q(project__isnull=False),
                name="secrets_secret_project_name",
                violation_error_message=NAME_TAKEN,
            ),
        ]
        # Operators list the secrets of all owners. Each index serves one order or one filter of that list.
        indexes = [
            models.Index(fields=["name", "id"], name="secrets_secret_name"),
            models.Index(IDLE_SINCE, name="secrets_secret_idle"),
            models.Index(
                fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="secrets_secret_expires"
            ),
            models.Index(fields=["name"], condition=~models.Q(quarantine_reason=""), name="secrets_secret_held"),
            models.Index(fields=["name"], condition=models.Q(is_maskable=False), name="secrets_secret_short"),
            models.Index(fields=["name"], condition=models.Q(damaged_at__isnull=False), name="secrets_secret_damaged"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        """Return how audit events name this secret."""
        return Subject("secret", str(self.id), self.name)

    @property
    def is_quarantined(self) -> bool:
        return self.quarantine_reason != ""

    @property
    def is_unpromoted(self) -> bool:
        """Return whether a person has yet to promote it: it is in quarantine, or a task made it on a site without."""
        return self.is_quarantined or (self.grant_id is not None and self.promoted_at is None)

    @property
    def secret_id(self) -> uuid.UUID:
        """Return the id to which the ciphertexts are bound, under the same name as `SecretVersion` has it."""
        return self.id

    @property
    def etag(self) -> str:
        return f'"{self.revision}"'


class SecretVersion(SealedValue):
    """A former value of a secret, kept so that it can be restored. The ciphertext is the secret's former one."""

    secret = models.ForeignKey(
        # The unique constraint has the index.
        Secret,
        verbose_name=_("secret"),
        on_delete=models.CASCADE,
        related_name="former_versions",
        db_index=False,
    )

    is_current: ClassVar[bool] = False

    class Meta:
        verbose_name = _("former version")
        verbose_name_plural = _("former versions")
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["secret", "version"], name="secrets_version_once"),
        ]

    def __str__(self) -> str:
        return gettext("version %(number)d") % {"number": self.version}

    @property
    def owner(self) -> Owner:
        return self.secret.owner
