"""Chaining the rows of the record in blocks, behind the writers' backs.

A chain over all rows as they are written would make every writer wait for the one before. So rows are written on their
own, and a sealer gathers those that have committed: it marks them with the number of the next block, and writes that
block with how many they are, a digest over them, and the MAC of the block before.

Rows do not commit in the order of their ids. A sealer that took "all up to the highest id" would miss for ever the
one whose transaction was still open. This one takes whatever has no block yet and is visible, so that a late row is
sealed in a later block.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from secrets_app.audit.macs import audit_key, block_parts
from secrets_app.crypto import frame
from secrets_app.master_keys import key_provider
from secrets_app.models import AuditBlock, AuditEntry

ROWS_PER_BLOCK = 5_000
CHUNK = 1_000


def rows() -> QuerySet[AuditEntry]:
    """The rows as a plain query set, which may write to them: for sealing and pruning alone."""
    return QuerySet(AuditEntry)


def seal(*, rows_per_block: int = ROWS_PER_BLOCK) -> int:
    """Seal what has committed and is in no block, block by block; how many rows there were.

    Ends with the first block that is not full: what is written meanwhile is for the next time, or beside busy writers
    this would never end, with a block for every few rows. Each block is one transaction, so this can be stopped and run
    again at any time. Where another sealer is at work, it leaves the rest to that. Costs a read and a write of each
    row, and memory for none of them. Raises KeyringError.
    """
    sealed, count = 0, rows_per_block
    while count == rows_per_block:
        count = _seal_block(rows_per_block)
        sealed += count
    return sealed


def _seal_block(limit: int) -> int:
    """The number of rows in the new block; 0 when there are none, or another sealer was faster."""
    try:
        with transaction.atomic():
            return _seal_rows(limit)
    except IntegrityError:
        return 0


def _seal_rows(limit: int) -> int:
    last = AuditBlock.objects.order_by("-sequence").first()
    sequence = 1 if last is None else last.sequence + 1
    # Marked first and read afterwards: what commits in between is in neither. The second condition counts where two
    # sealers mark at once: the later one looks again at what the first has committed.
    unsealed = rows().filter(block=None)
    if not unsealed.filter(pk__in=unsealed.order_by("id").values("pk")[:limit]).update(block=sequence):
        return 0
    marked = rows().filter(block=sequence)
    count, root = digest_of(marked.order_by("id").values_list("id", "mac").iterator(CHUNK))
    times = marked.aggregate(first=Min("at"), last=Max("at"))
    block = _block(sequence, count, root, times["first"], times["last"], b"" if last is None else bytes(last.mac))
    block.save(force_insert=True)
    return count


def digest_of(entries: Iterable[tuple[UUID, bytes | memoryview]]) -> tuple[int, bytes]:
    """How many there are, and the SHA-256 over id and MAC of each, in their order."""
    count, digest = 0, sha256()
    for entry_id, mac in entries:
        digest.update(frame(entry_id.bytes, bytes(mac)))
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
        sealed_at=timezone.now(),
        previous=previous,
        key_id=key_id,
    )
    block.mac = audit_key(key_id).tag(*block_parts(block))
    return block
