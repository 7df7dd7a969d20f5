from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from neo_base.access.actors import Credential
from neo_base.audit.subjects import Subject

MAX_CLIENT = 80
MAX_ADDRESS = 64


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> Self:
        """Return sessions that are neither revoked nor expired. Users may be inactive: see `Session.is_usable_by`."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def expired(self) -> Self:
        """Return expired sessions. None of their tokens is accepted, so that they can be deleted."""
        return self.filter(expires_at__lte=timezone.now())


class Session(models.Model):
    """One sign-in of one user: a family of refresh tokens of which exactly one is valid at a time.

    No token is stored, only the ids of the current refresh token and of the one before it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+")
    auth_hash = models.CharField(max_length=128, editable=False)
    refresh_id = models.UUIDField(default=uuid.uuid4, editable=False)
    previous_refresh_id = models.UUIDField(null=True, editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), db_index=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    # Defaults of the database, because nodes of the release before go on beginning sessions during an upgrade.
    client = models.CharField(_("client"), max_length=MAX_CLIENT, default="", db_default="", editable=False)
    client_address = models.CharField(
        _("client address"), max_length=MAX_ADDRESS, default="", db_default="", editable=False
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return gettext("Session %(id)s") % {"id": self.pk}

    @property
    def subject(self) -> Subject:
        """The session in the audit log."""
        return Subject("session", str(self.pk))

    @property
    def credential(self) -> Credential:
        """The session as the credential with which its user acts, and makes grants and service tokens."""
        return Credential("session", str(self.pk))

    def is_live(self) -> bool:
        """Return whether the session is neither revoked nor expired."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    def is_usable_by(self, subject: str) -> bool:
        """Return whether a token issued to `subject`, a user's key as text, is good now.

        It is when the session is live and that user's, and the user is active and has kept the same password since.
        """
        return self.is_live() and subject == str(self.user_id) and self.user.is_active and self._has_same_password()

    def _has_same_password(self) -> bool:
        return constant_time_compare(self.auth_hash, self.user.get_session_auth_hash())


class DeviceSignInQuerySet(models.QuerySet["DeviceSignIn"]):
    def waiting(self) -> Self:
        """Return sign-ins that their users can still answer."""
        return self.filter(is_approved=None, expires_at__gt=timezone.now())


class DeviceSignIn(models.Model):
    """A program that asks to be signed in by its user's browser, for minutes, until it has fetched its session.

    Neither of its two codes is stored, only a keyed digest of each.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device_digest = models.CharField(max_length=64, unique=True, editable=False)
    user_code_digest = models.CharField(max_length=64, unique=True, editable=False)
    client = models.CharField(max_length=MAX_CLIENT, editable=False)
    """What the program says that it is, such as `neo on laptop`. Nobody has checked it."""
    client_address = models.CharField(max_length=MAX_ADDRESS, db_index=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)
    interval = models.PositiveSmallIntegerField(editable=False)
    """The seconds that the program has to wait between two requests."""
    polled_at = models.DateTimeField(null=True, editable=False)
    is_approved = models.BooleanField(null=True, editable=False)
    """What the user has answered; None until then."""
    auth_hash = models.CharField(max_length=128, default="", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", editable=False)

    objects = DeviceSignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in of a program")
        verbose_name_plural = _("sign-ins of programs")

    def __str__(self) -> str:
        return str(self.pk)

    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    def was_approved_with(self, user: Any) -> bool:
        """Return whether `user` has kept the password since the approval."""
        return constant_time_compare(self.auth_hash, user.get_session_auth_hash())
