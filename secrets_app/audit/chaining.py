"""Chaining audit events in blocks, after they were written.

A chain over all events as they are written would make every writer wait for the one before. So events are written on
their own, and `audit chain` gathers those that have committed: it marks them with the number of the next block, and
writes that block with their number, a digest over them, and the MAC of the block before.

Events do not commit in the order of their ids. Chaining "all up to the highest id" would miss for ever an event whose
transaction was still open. So each run takes every event that is visible and has no block yet; a late event goes into
a later block.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from neo_base.progress import Show, unshown
from neo_base.transactions import retry_serialization
from secrets_app.audit.macs import audit_key, block_parts
from secrets_app.crypto import frame
from secrets_app.master_keys import key_provider
from secrets_app.models import AuditBlock, AuditEvent

EVENTS_PER_BLOCK = 5_000
CHUNK = 1_000


def writable_events() -> QuerySet[AuditEvent]:
    """Return the audit events as a plain query set, which can update and delete: for chaining and pruning alone."""
    return QuerySet(AuditEvent)


def chain_events(*, events_per_block: int = EVENTS_PER_BLOCK, progress: Show = unshown) -> int:
    """Chain the committed audit events that have no block yet, block by block; return how many there were.

    Ends with the first block that is not full and leaves what is written meanwhile to the next run: beside busy writers
    it would otherwise never end, and make a block for every few events. Each block is one transaction, so this can be
    stopped and run again at any time. If another run is faster, this one leaves the rest to it. Costs a read and a
    write of each event, and memory for none of them. Calls `progress` with the number so far. Raises KeyringError.
    """
    chained, count = 0, events_per_block
    while count == events_per_block:
        count = _chain_block(events_per_block)
        chained += count
        progress(chained)
    return chained


@retry_serialization
def _chain_block(limit: int) -> int:
    """Return the number of events in the new block; 0 if there are none, or another run was faster."""
    try:
        with transaction.atomic():
            return _make_block(limit)
    except IntegrityError:
        return 0


def _make_block(limit: int) -> int:
    last = AuditBlock.objects.order_by("-sequence").first()
    sequence = 1 if last is None else last.sequence + 1
    # Marked first and read afterwards, so that an event that commits in between is in neither. The outer `block=None`
    # matters where two runs mark at once: the later one looks again at what the first has committed.
    unchained = writable_events().filter(block=None)
    if not unchained.filter(pk__in=unchained.order_by("id").values("pk")[:limit]).update(block=sequence):
        return 0
    marked = writable_events().filter(block=sequence)
    count, root = digest_of(marked.order_by("id").values_list("id", "mac").iterator(CHUNK))
    times = marked.aggregate(first=Min("at"), last=Max("at"))
    block = _block(sequence, count, root, times["first"], times["last"], b"" if last is None else bytes(last.mac))
    block.save(force_insert=True)
    return count


def digest_of(events: Iterable[tuple[UUID, bytes | memoryview]]) -> tuple[int, bytes]:
    """Return how many events there are, and the SHA-256 over the id and MAC of each, in their order."""
    count, digest = 0, sha256()
    for event_id, mac in events:
        digest.update(frame(event_id.bytes, bytes(mac)))
        count += 1
    return count, digest.digest()


def _block(sequence: int, count: int, root: bytes, first: datetime, last: datetime, previous: bytes) -> AuditBlock:
    key_id = key_provider().active_key_id
    block = AuditBlock(
        sequence=sequence,
        count=count,
        root=root,
        first_at=first,
        last_at=last,
        chained_at=timezone.now(),
        previous=previous,
        key_id=key_id,
    )
    block.mac = audit_key(key_id).tag(*block_parts(block))
    return block
