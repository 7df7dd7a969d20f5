"""Service tokens, with which scripts and other machines call the API."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Credential, Limits
from neo_base.audit.subjects import Subject
from secrets_app.models.parents import MadeByCredential
from secrets_app.models.project import PROJECT_FIELD, PROJECT_MODEL
from secrets_app.models.secret import EXPIRES_SOON
from secrets_app.owners import Owner

MAX_TOKEN_NAME_LENGTH = 128

LAST_USED_PRECISION = timedelta(minutes=1)
"""How exact `last_used_at` is, of tokens and of secrets, so that not every use costs a write."""


class TokenScope(models.TextChoices):
    """What a token may do, as far as its owner may do it."""

    SECRETS_READ = "secrets:read"
    SECRETS_WRITE = "secrets:write"
    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    RUNTIME_USE = "runtime:use"


class ServiceTokenQuerySet(models.QuerySet["ServiceToken"]):
    def usable(self) -> ServiceTokenQuerySet:
        """Return the tokens that are neither revoked nor expired."""
        still = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(still, revoked_at=None)

    def ended(self, *, before: datetime) -> ServiceTokenQuerySet:
        """Return the tokens that were revoked or expired before this moment."""
        return self.filter(models.Q(revoked_at__lt=before) | models.Q(expires_at__lt=before))

    def of_project(self, project_id: UUID) -> ServiceTokenQuerySet:
        """Return the tokens of anybody that reach this project alone."""
        return self.filter(project_id=project_id)

    def expiring_soon(self) -> ServiceTokenQuerySet:
        """Return the usable tokens that expire within `EXPIRES_SOON`."""
        return self.usable().filter(expires_at__lte=timezone.now() + EXPIRES_SOON)


class ServiceToken(MadeByCredential):
    """A credential that can do at most what its owner may. Only its digest is stored, so it is shown only once."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    # `secrets_token_user` begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(_("name"), max_length=MAX_TOKEN_NAME_LENGTH)
    prefix = models.CharField(_("prefix"), max_length=16, help_text=_("The first characters, to recognise it by."))
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"))
    project = models.ForeignKey(
        PROJECT_MODEL,
        to_field=PROJECT_FIELD,
        verbose_name=_("project"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("The only project that it reaches; empty for all that its owner reaches."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    objects: ClassVar[ServiceTokenQuerySet] = ServiceTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("service token")
        verbose_name_plural = _("service tokens")
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["user", "revoked_at"], name="secrets_token_user")]
        # Not `unique=True`, which makes a second index, for LIKE.
        constraints = [models.UniqueConstraint(fields=["digest"], name="secrets_token_digest")]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def owner(self) -> Owner:
        """Return the token's user, who also owns a token that is limited to one project."""
        return Owner(user_id=self.user_id)

    @property
    def is_usable(self) -> bool:
        """Return whether the token is neither revoked nor expired, as `usable` asks the database."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def limits(self) -> Limits:
        return Limits(frozenset(self.scopes), self.project_id)

    @property
    def throttle_key(self) -> str:
        """Return the key under which throttling counts this token's requests."""
        return str(self.id)

    @property
    def credential(self) -> Credential:
        """Return how audit events name this token if it acts."""
        return Credential("service_token", str(self.id))

    @property
    def ends_at(self) -> datetime | None:
        """Return when this token ends, and with it what it makes: see `neo_base.access.actors.Origin`."""
        return self.expires_at

    @property
    def subject(self) -> Subject:
        """Return how audit events name this token if something happens to it."""
        return Subject("token", str(self.pk), f"{self.prefix} {self.name}")
