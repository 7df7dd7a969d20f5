"""Deleting old audit events without breaking the chain: the blocks stay, and a MAC says that theirs were pruned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max, QuerySet
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.audit.subjects import Subject
from neo_base.progress import Show, unshown
from neo_base.transactions import atomic
from secrets_app.audit.chaining import writable_events
from secrets_app.audit.explanations import retain
from secrets_app.audit.granted_sets import delete_unused
from secrets_app.audit.macs import audit_key, pruned_parts
from secrets_app.audit.partitions import Partition, drop, hold, partitions
from secrets_app.audit.recording import record
from secrets_app.models import AuditBlock, AuditEvent, ExposedSecret
from secrets_app.models.time_ids import first_id

BLOCKS_AT_ONCE = 10
UPDATED_AT_ONCE = 500


def prune(*, actor: Actor, before: datetime, progress: Show = unshown) -> int:
    """Delete the audit events of the blocks that end before `before`, in batches; return how many were deleted.

    Granted sets that nothing names any more go with them. Deletes whole blocks only, and no event that is not chained
    yet. What gives access and is explained by events that are deleted is recorded anew first. Each transaction prunes a
    few blocks and records that, so this can be stopped and run again at any time. Raises KeyringError and
    AuditUnavailable. Calls `progress` with the number of deleted events so far.
    """
    last = _blocks(before).aggregate(last=Max("sequence"))["last"]
    if last is not None:
        retain(actor=actor, last_block=last)
    deleted = _drop_partitions(actor, before)
    while batch := _prune_batch(actor, before):
        deleted += batch
        progress(deleted)
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
    _mark(blocks)
    deleted = _delete(writable_events().filter(block__in=[block.sequence for block in blocks]))
    _record(actor, before, deleted, blocks)
    return deleted


def _drop_partitions(actor: Actor, before: datetime) -> int:
    """Drop the partitions in which every event is one to delete; return how many events there were."""
    return sum(_drop(actor, before, partition) for partition in partitions() if partition.end <= before)


@atomic
def _drop(actor: Actor, before: datetime, partition: Partition) -> int:
    """Drop a partition, unless it holds an event that stays; return how many events went with its blocks."""
    hold(partition)
    held, blocks = writable_events().filter(id__lt=first_id(partition.end)), _blocks(before)
    if held.exclude(block__in=blocks.values("sequence")).exists():
        return 0
    pruned = list(blocks.filter(sequence__in=held.values("block")).select_for_update())
    _mark(pruned)
    # A block may go on in the next month.
    _delete(writable_events().filter(id__gte=first_id(partition.end), block__in=[each.sequence for each in pruned]))
    ExposedSecret.objects.filter(event_id__lt=first_id(partition.end)).delete()
    drop(partition)
    deleted = sum(block.count for block in pruned)
    if pruned:
        _record(actor, before, deleted, pruned)
    return deleted


def _mark(blocks: Sequence[AuditBlock]) -> None:
    for block in blocks:
        block.pruned_at = timezone.now()
        block.pruned_mac = audit_key(block.key_id).tag(*pruned_parts(block))
    AuditBlock.objects.bulk_update(blocks, ["pruned_at", "pruned_mac"], batch_size=UPDATED_AT_ONCE)


def _delete(gone: QuerySet[AuditEvent]) -> int:
    ExposedSecret.objects.filter(event_id__in=gone.values("id")).delete()
    deleted, _ = gone.delete()
    return deleted


def _record(actor: Actor, before: datetime, deleted: int, blocks: Sequence[AuditBlock]) -> None:
    record(
        "audit.pruned",
        actor=actor,
        subject=Subject("audit"),
        entries=deleted,
        first_block=blocks[0].sequence,
        last_block=blocks[-1].sequence,
        before=before,
    )


def _blocks(before: datetime) -> QuerySet[AuditBlock]:
    return AuditBlock.objects.filter(pruned_at=None, last_at__lt=before).order_by("sequence")
