"""Invitations into projects."""

from __future__ import annotations

import functools
import operator
import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from neo_base.access.roles import Role, role_in_words
from neo_base.audit.subjects import Subject
from projects.models.project import Project

MAX_EMAIL_LENGTH = 254
UNANSWERED = Q(accepted_at=None, declined_at=None, revoked_at=None)


class InvitationState(models.TextChoices):
    """What became of an invitation."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    REVOKED = "revoked", _("Revoked")
    EXPIRED = "expired", _("Expired")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """A set of invitations."""

    def ended(self, *, before: datetime) -> InvitationQuerySet:
        """Return invitations that were answered, revoked or expired before `before`."""
        ends = ("accepted_at", "declined_at", "revoked_at", "expires_at")
        return self.filter(functools.reduce(operator.or_, (Q(**{f"{end}__lt": before}) for end in ends)))

    def of_project(self, project_id: uuid.UUID) -> InvitationQuerySet:
        return self.filter(project_id=project_id)

    def unanswered(self) -> InvitationQuerySet:
        """Return invitations that were neither accepted, declined nor revoked. Some may have expired."""
        return self.filter(UNANSWERED)

    def live(self) -> InvitationQuerySet:
        """Return invitations that can be accepted now."""
        return self.unanswered().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """An offer of a role in a project, to the person who reads the mail of one address and has the token sent there.

    Only a digest of the token is stored, so that the database or a copy of it lets nobody in.
    """

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        Project, verbose_name=_("project"), on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(
        _("email"), max_length=MAX_EMAIL_LENGTH, help_text=_("The invited address, with A to Z in lower case.")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    token_digest = models.CharField(max_length=64, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("invited by"), null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, editable=False)
    declined_at = models.DateTimeField(_("declined at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "email"], condition=UNANSWERED, name="projects_invitation_one_open"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="projects_invitation_role"),
            # Not `unique=True`, which makes a second index, for LIKE.
            models.UniqueConstraint(fields=["token_digest"], name="projects_invitation_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({role_in_words(self.role)})"

    @property
    def subject(self) -> Subject:
        """The invitation in the audit log."""
        return Subject("invitation", str(self.pk), self.email)

    @property
    def state(self) -> InvitationState:
        """The state of the invitation at this moment."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.declined_at:
            return InvitationState.DECLINED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.OPEN if self.expires_at > timezone.now() else InvitationState.EXPIRED
