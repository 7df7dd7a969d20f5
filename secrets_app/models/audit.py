"""The audit log, and the blocks in which its events are chained.

There are no foreign keys: an audit event outlives its actor and its subject. It is written once. Later, `audit chain`
sets its block, and `audit prune` may delete it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Never
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import MAX_NAME_LENGTH, MAX_SUBJECT_LENGTH, Outcome
from secrets_app.models.granted_set import SetMember
from secrets_app.models.time_ids import first_id

MAX_LABEL_LENGTH = 254
EXPOSURE = "environment.exposed"
"""The event of plaintext that leaves."""
GRANT = "grant.created"
"""The other event that names a granted set."""


class AppendOnly(TypeError):
    """Code tries to change or delete audit events. Old ones are deleted by `manage.py audit prune`."""

    def __init__(self) -> None:
        super().__init__("The audit log is append-only. Use `manage.py audit prune` to delete old events.")


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def since(self, at: datetime) -> AuditEventQuerySet:
        """Return the events from this moment on, by id: ids begin with the time, and the indexes hold them."""
        return self.filter(id__gte=first_id(at))

    def until(self, at: datetime) -> AuditEventQuerySet:
        """Return the events before this moment."""
        return self.filter(id__lt=first_id(at))

    def of_project(self, project_id: Any) -> AuditEventQuerySet:
        """Return the events of a project, without those of a deleted project that had the same id."""
        rows = self.filter(project_id=project_id)
        # By its subject: there are few events about the project itself, but many of it, and many deletions.
        deletions = rows.about(project_id).filter(event="project.deleted")
        deletion = deletions.order_by("-id").values_list("id", flat=True).first()
        return rows if deletion is None else rows.filter(id__gt=deletion)

    def of_user(self, user: Any) -> AuditEventQuerySet:
        """Return the events of a user's personal secrets, tokens, grants and sessions, whoever acted."""
        return self.filter(user_id=str(user.pk))

    def about(self, subject_id: Any) -> AuditEventQuerySet:
        """Return the history of one object."""
        return self.filter(subject_id=str(subject_id))

    def concerning(self, secret_id: Any) -> AuditEventQuerySet:
        """Return the events of one secret, and those that exposed it, alone or with others."""
        single = ExposedSecret.objects.filter(secret_id=secret_id).values("event_id")
        return self.filter(Q(subject_id=str(secret_id)) | _by_set(secret_id) | Q(id__in=single))

    def arrival_of(self, secret_id: Any) -> UUID | None:
        """Return the id of the event by which the secret came to its present owner; None if it was created there."""
        moves = self.about(secret_id).filter(event="secret.arrived", subject_kind="secret")
        return moves.order_by("-id").values_list("id", flat=True).first()

    def uses_of(
        self, secret_id: Any, *, before: UUID | None = None, after: UUID | None = None
    ) -> models.QuerySet[AuditEvent, UUID]:
        """Return the ids of the events that exposed the secret, newest first: one statement over two indexes."""
        by_set = self.filter(_by_set(secret_id)).order_by()
        single = ExposedSecret.objects.filter(secret_id=secret_id).order_by()
        if after is not None:
            by_set, single = by_set.filter(id__gt=after), single.filter(event_id__gt=after)
        if before is not None:
            by_set, single = by_set.filter(id__lt=before), single.filter(event_id__lt=before)
        found: Any = by_set.values_list("id", flat=True)
        return found.union(single.values_list("event_id", flat=True), all=True).order_by("-id")  # type: ignore[no-any-return]

    def update(self, **columns: Any) -> Never:
        raise AppendOnly

    def delete(self) -> Never:
        raise AppendOnly


def _by_set(secret_id: Any) -> Q:
    """Return the condition of exposures by a granted set that gives the secret."""
    sets = SetMember.objects.filter(secret_id=secret_id).values("granted_set_id")
    # Not `event=EXPOSURE`, which is the same: a planner might take it for the better index, and read all exposures.
    return Q(granted_set_id__in=sets) & ~Q(event=GRANT)


class AuditEvent(models.Model):
    """One thing that happened or was refused. `mac` covers every column but itself, `block` and `granted_set_id`."""

    id = models.UUIDField(
        _("id"), primary_key=True, editable=False, help_text=_("Begins with the time, so that ids sort by it.")
    )
    at = models.DateTimeField(_("at"))
    event = models.CharField(_("event"), max_length=MAX_NAME_LENGTH)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    actor_kind = models.CharField(max_length=16, help_text="user, staff, system, or anonymous.")
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=MAX_LABEL_LENGTH, blank=True)
    credential_kind = models.CharField(max_length=24, blank=True)
    credential_id = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True)
    project_id = models.UUIDField(_("project"), null=True)
    user_id = models.CharField(_("user"), max_length=64, blank=True, help_text="Whose personal matter it is.")
    subject_kind = models.CharField(max_length=MAX_SUBJECT_LENGTH)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_label = models.CharField(max_length=MAX_LABEL_LENGTH, blank=True)
    data = models.JSONField(default=dict)
    key_id = models.CharField("master key", max_length=64)
    mac = models.BinaryField()
    block = models.PositiveBigIntegerField(_("block"), null=True, help_text=_("Set by `audit chain`."))
    granted_set_id = models.BigIntegerField(null=True, help_text="Index to the set whose digest stands in `data`.")

    stored_bytes = 0
    """What the action stored beside the event and one row; set before the event is written, and not kept."""

    objects: ClassVar[AuditEventQuerySet] = AuditEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project_id", "id"], name="secrets_audit_project"),
            models.Index(fields=["user_id", "id"], name="secrets_audit_user"),
            models.Index(fields=["subject_id", "id"], name="secrets_audit_subject"),
            models.Index(fields=["actor_id", "id"], name="secrets_audit_actor"),
            models.Index(fields=["event", "id"], name="secrets_audit_event"),
            models.Index(fields=["block", "id"], name="secrets_audit_block"),
            models.Index(fields=["request_id", "id"], name="secrets_audit_request"),
            models.Index(
                fields=["granted_set_id", "id"], name="secrets_audit_set", condition=Q(granted_set_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_label or self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly


class ExposedSecret(models.Model):
    """Index from an exposed secret to an audit event that is older than granted sets, whose `data` holds the secrets.

    It proves nothing by itself: `audit verify` compares it with the events.
    """

    secret_id = models.UUIDField()
    event_id = models.UUIDField()

    class Meta:
        verbose_name = _("exposed secret")
        verbose_name_plural = _("exposed secrets")
        ordering = ["-event_id"]
        indexes = [
            models.Index(fields=["secret_id", "event_id"], name="secrets_exposed_secret"),
            models.Index(fields=["event_id"], name="secrets_exposed_event"),
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} in {self.event_id}"


class AuditBlock(models.Model):
    """Audit events chained together: without the key, none can be added, removed or moved."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    count = models.PositiveIntegerField()
    root = models.BinaryField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    chained_at = models.DateTimeField()
    previous = models.BinaryField(help_text="The MAC of the block before; empty for the first.")
    key_id = models.CharField("master key", max_length=64)
    mac = models.BinaryField()
    pruned_at = models.DateTimeField(null=True)
    pruned_mac = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("audit block")
        verbose_name_plural = _("audit blocks")
        ordering = ["sequence"]

    def __str__(self) -> str:
        return str(self.sequence)
