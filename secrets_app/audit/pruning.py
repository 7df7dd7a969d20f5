"""Deleting old audit events without breaking the chain: the blocks stay, and a MAC says that theirs were pruned."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, QuerySet
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from secrets_app.audit.chaining import writable_events
from secrets_app.audit.explanations import retain
from secrets_app.audit.granted_sets import delete_unused
from secrets_app.audit.macs import audit_key, pruned_parts
from secrets_app.audit.recording import record
from secrets_app.models import AuditBlock, ExposedSecret

BLOCKS_AT_ONCE = 10


def prune(*, actor: Actor, before: datetime) -> int:
    """Delete the audit events of the blocks that end before `before`, in batches; return how many were deleted.

    Granted sets that nothing names any more go with them. Deletes whole blocks only, and no event that is not chained
    yet. What gives access and is explained by events that are deleted is recorded anew first. Each transaction prunes a
    few blocks and records that, so this can be stopped and run again at any time. Raises KeyringError and
    AuditUnavailable.
    """
    last = _blocks(before).aggregate(last=Max("sequence"))["last"]
    if last is not None:
        retain(actor=actor, last_block=last)
    deleted = 0
    while batch := _prune_batch(actor, before):
        deleted += batch
    delete_unused()
    return deleted


def prunable(before: datetime) -> int:
    """Return how many audit events `prune` would delete."""
    return sum(_blocks(before).values_list("count", flat=True).iterator())


@atomic
def _prune_batch(actor: Actor, before: datetime) -> int:
    blocks = list(_blocks(before).select_for_update()[:BLOCKS_AT_ONCE])
    if not blocks:
        return 0
    for block in blocks:
        block.pruned_at = timezone.now()
        block.pruned_mac = audit_key(block.key_id).tag(*pruned_parts(block))
        block.save(update_fields=["pruned_at", "pruned_mac"])
    gone = writable_events().filter(block__in=[block.sequence for block in blocks])
    ExposedSecret.objects.filter(event_id__in=gone.values("id")).delete()
    deleted, _ = gone.delete()
    record(
        "audit.pruned",
        actor=actor,
        subject=Subject("audit"),
        entries=deleted,
        first_block=blocks[0].sequence,
        last_block=blocks[-1].sequence,
        before=before,
    )
    return deleted


def _blocks(before: datetime) -> QuerySet[AuditBlock]:
    return AuditBlock.objects.filter(pruned_at=None, last_at__lt=before).order_by("sequence")
