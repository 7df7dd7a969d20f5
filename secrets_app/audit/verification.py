"""Is the record as it was written? Two questions, answered apart.

Unaltered: each row and each block that is there carries its MAC, which nobody makes without the key. Complete: nothing
is missing, added or moved, up to the last block: each holds as many rows as it says, with their digest, and follows the
one before; and the index of exposures finds what is in the rows and no more. What is newer than the last block is only
asked the first question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from secrets_app.audit.checkpoints import Checkpoint
from secrets_app.audit.exposures import check_index
from secrets_app.audit.macs import audit_key, block_parts, entry_parts, pruned_parts
from secrets_app.crypto import frame
from secrets_app.crypto.errors import KeyringError, OpenFailed
from secrets_app.models import AuditBlock, AuditEntry

CHUNK = 1_000
SHOWN = 100
"""How many findings of a kind are kept with their words; the others are counted."""


@dataclass
class Findings:
    """What is wrong, in words, the first of them; and how many there are."""

    count: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.count += 1
        if self.count <= SHOWN:
            self.shown.append(text)


@dataclass
class Report:
    entries: int = 0
    blocks: int = 0
    pruned: int = 0
    """Blocks whose rows were taken away by pruning."""
    unsealed: int = 0
    last: AuditBlock | None = None
    altered: Findings = field(default_factory=Findings)
    missing: Findings = field(default_factory=Findings)
    unknown_keys: Findings = field(default_factory=Findings)
    """What cannot be judged, because the key is not held."""

    @property
    def is_clean(self) -> bool:
        return not (self.altered.count or self.missing.count or self.unknown_keys.count)


def verify(*, against: Checkpoint | None = None) -> Report:
    """Look at every row and every block. Writes nothing; keeps one block and a thousand rows in memory.

    Rows that are sealed or pruned meanwhile are no finding: verification ends at the block that was last at its start.
    """
    report = Report()
    end = AuditBlock.objects.aggregate(last=Max("sequence"))["last"] or 0
    for block in AuditBlock.objects.filter(sequence__lte=end).order_by("sequence").iterator(CHUNK):
        _check_block(block, report)
        report.last = block
    _check_newest(end, report)
    check_index(report.missing.add)
    if against is not None:
        _check_against(against, report)
    return report


def _check_block(block: AuditBlock, report: Report) -> None:
    report.blocks += 1
    name, before = f"block {block.sequence}", report.last
    expected = 1 if before is None else before.sequence + 1
    if block.sequence != expected:
        report.missing.add(f"{name}: it follows block {expected - 1}; what stood between them is missing")
        _check_strays(AuditEntry.objects.filter(block__gte=expected, block__lt=block.sequence), report)
    elif bytes(block.previous) != (b"" if before is None else bytes(before.mac)):
        report.missing.add(f"{name}: it does not continue the block before")
    _check_mac(name, block.key_id, block.mac, block_parts(block), report)
    if block.pruned_at is None:
        _check_rows(block, report)
    else:
        _check_pruned(block, report)


def _check_rows(block: AuditBlock, report: Report) -> None:
    count, digest = 0, sha256()
    for row in _entries(report, block=block.sequence):
        digest.update(frame(row.id.bytes, bytes(row.mac)))
        count += 1
    if count != block.count:
        report.missing.add(f"block {block.sequence}: it holds {count} rows and sealed {block.count}")
    elif digest.digest() != bytes(block.root):
        report.missing.add(f"block {block.sequence}: its rows are not the ones that it sealed")


def _check_pruned(block: AuditBlock, report: Report) -> None:
    report.pruned += 1
    name = f"pruning of block {block.sequence}"
    _check_mac(name, block.key_id, block.pruned_mac or b"", pruned_parts(block), report)
    if AuditEntry.objects.filter(block=block.sequence).exists():
        report.missing.add(f"{name}: it has rows all the same")


def _check_newest(end: int, report: Report) -> None:
    """Rows without a block are new ones. Those of a later block than the last were put there by hand, or lost it."""
    for _ in _entries(report, block=None):
        report.unsealed += 1
    # What is sealed at this moment has its block.
    own = AuditBlock.objects.filter(sequence=OuterRef("block"))
    _check_strays(AuditEntry.objects.filter(~Exists(own), block__gt=end), report)


def _check_strays(rows: QuerySet[AuditEntry], report: Report) -> None:
    for row in rows.order_by("block", "id").iterator(CHUNK):
        _check_row(row, report)
        report.missing.add(f"row {row.id}: it belongs to block {row.block}, which is not there")


def _check_against(checkpoint: Checkpoint, report: Report) -> None:
    block = AuditBlock.objects.filter(sequence=checkpoint.sequence).first()
    if block is None:
        report.missing.add(f"checkpoint: block {checkpoint.sequence} is missing; the end of the record was cut off")
    elif bytes(block.mac).hex() != checkpoint.mac:
        report.missing.add(f"checkpoint: block {checkpoint.sequence} is another one than at the time of the checkpoint")


def _entries(report: Report, **columns: Any) -> Iterator[AuditEntry]:
    """The rows with these columns in the order of a block, each checked by itself."""
    for row in AuditEntry.objects.filter(**columns).order_by("id").iterator(CHUNK):
        _check_row(row, report)
        yield row


def _check_row(row: AuditEntry, report: Report) -> None:
    report.entries += 1
    _check_mac(f"row {row.id}", row.key_id, row.mac, entry_parts(row), report)


def _check_mac(name: str, key_id: str, mac: Any, parts: Iterable[bytes], report: Report) -> None:
    try:
        audit_key(key_id).check(bytes(mac), *parts)
    except OpenFailed:
        report.altered.add(f"{name}: it does not carry its MAC")
    except (TypeError, ValueError, AttributeError, OverflowError):
        # Columns that hold what this program never writes.
        report.altered.add(f"{name}: it is malformed")
    except KeyringError:
        report.unknown_keys.add(f"{name}: master key {key_id!a} is not held")
