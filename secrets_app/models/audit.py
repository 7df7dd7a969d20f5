"""The record of what happened, and the blocks that its rows are sealed in.

No foreign keys: a row outlives whom and what it tells of. It is written once; what may be set later is which block has
sealed it, and what may take it away is pruning.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Never

from django.db import models
from django.utils.translation import gettext_lazy as _

from secrets_app.models.time_ids import first_id

MAX_LABEL_LENGTH = 254


class Outcome(models.TextChoices):
    DONE = "done", _("Done")
    DENIED = "denied", _("Denied")


class AppendOnly(TypeError):
    """Somebody tried to change or delete rows of the record. Pruning is `manage.py audit prune`."""

    def __init__(self) -> None:
        super().__init__("The audit is append-only.")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def since(self, at: datetime) -> AuditEntryQuerySet:
        """Those of this moment and later. By id, which begins with the time: the index that pages also bounds them."""
        return self.filter(id__gte=first_id(at))

    def until(self, at: datetime) -> AuditEntryQuerySet:
        """Those before this moment."""
        return self.filter(id__lt=first_id(at))

    def of_project(self, project_id: Any) -> AuditEntryQuerySet:
        """Where a deleted project's id was taken again, what came after: what came before is not for its members."""
        rows = self.filter(project_id=project_id)
        deletion = rows.filter(event="project.deleted").order_by("-id").values_list("id", flat=True).first()
        return rows if deletion is None else rows.filter(id__gt=deletion)

    def of_user(self, user: Any) -> AuditEntryQuerySet:
        """What concerns the user's personal things: his secrets, tokens, grants and sessions, whoever acted."""
        return self.filter(user_id=str(user.pk))

    def about(self, subject_id: Any) -> AuditEntryQuerySet:
        """The history of one object."""
        return self.filter(subject_id=str(subject_id))

    def concerning(self, secret_id: Any) -> AuditEntryQuerySet:
        """What happened to one secret, and what exposed it, alone or with others."""
        exposures = ExposedSecret.objects.filter(secret_id=secret_id).values("entry_id")
        return self.filter(models.Q(subject_id=str(secret_id)) | models.Q(id__in=exposures))

    def update(self, **columns: Any) -> Never:
        raise AppendOnly

    def delete(self) -> Never:
        raise AppendOnly


class AuditEntry(models.Model):
    """One thing that happened, or was refused. Every column but `mac` and `block` is covered by `mac`."""

    id = models.UUIDField(
        _("id"), primary_key=True, editable=False, help_text=_("Begins with the time, so that ids sort by it.")
    )
    at = models.DateTimeField(_("at"))
    event = models.CharField(_("event"), max_length=48)
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
    subject_kind = models.CharField(max_length=16)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_label = models.CharField(max_length=MAX_LABEL_LENGTH, blank=True)
    data = models.JSONField(default=dict)
    key_id = models.CharField("master key", max_length=64)
    mac = models.BinaryField()
    block = models.PositiveBigIntegerField(_("block"), null=True, help_text=_("Set by the sealer."))

    objects: ClassVar[AuditEntryQuerySet] = AuditEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project_id", "id"], name="secrets_audit_project"),
            models.Index(fields=["user_id", "id"], name="secrets_audit_user"),
            models.Index(fields=["subject_id", "id"], name="secrets_audit_subject"),
            models.Index(fields=["actor_id", "id"], name="secrets_audit_actor"),
            models.Index(fields=["event", "id"], name="secrets_audit_event"),
            models.Index(fields=["block", "id"], name="secrets_audit_block"),
            models.Index(fields=["request_id", "id"], name="secrets_audit_request"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_label or self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnly


class ExposedSecret(models.Model):
    """Finds the rows that tell of an exposure by one of the secrets in their `data`. An index: it proves nothing, and
    `audit verify` holds it against the rows."""

    secret_id = models.UUIDField()
    entry_id = models.UUIDField()

    class Meta:
        verbose_name = _("exposed secret")
        verbose_name_plural = _("exposed secrets")
        ordering = ["-entry_id"]
        indexes = [
            models.Index(fields=["secret_id", "entry_id"], name="secrets_exposed_secret"),
            models.Index(fields=["entry_id"], name="secrets_exposed_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} in {self.entry_id}"


class AuditBlock(models.Model):
    """Rows of the record, sealed together: nothing can be put in, taken out or moved without the key."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    count = models.PositiveIntegerField()
    root = models.BinaryField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
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
