"""Verification that the audit log is as it was written. It answers two questions.

Unaltered: each audit event and each block carries its MAC, which nobody can make without the key, and each granted set
has its digest. Complete: up to the last block, nothing is missing, added or moved: each block holds as many events as
it says, with their digest, and follows the block before; and the sets that events name are there, as are the indexes of
exposed secrets. Events that are newer than the last block are only checked for being unaltered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any

from django.db.models import Exists, Max, OuterRef, QuerySet

from neo_base.progress import Show, unshown
from secrets_app.audit.checkpoints import Checkpoint
from secrets_app.audit.exposure_index import check_index
from secrets_app.audit.macs import audit_key, block_parts, event_parts, pruned_parts
from secrets_app.audit.retired_keys import RetiredKey, digest_of_blocks, retired_keys
from secrets_app.audit.set_index import check_sets
from secrets_app.crypto import frame
from secrets_app.crypto.errors import KeyringError, OpenFailed
from secrets_app.models import AuditBlock, AuditEvent

CHUNK = 1_000
SHOWN = 100
"""How many findings of a kind are kept as sentences; the others are only counted."""


@dataclass
class Findings:
    """Findings of one kind: the first ones as sentences, and how many there are."""

    count: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.count += 1
        if self.count <= SHOWN:
            self.shown.append(text)


@dataclass
class Report:
    """What `verify` found."""

    events: int = 0
    blocks: int = 0
    pruned: int = 0
    """Blocks whose events were pruned."""
    unchained: int = 0
    """Events that have no block yet."""
    last: AuditBlock | None = None
    altered: Findings = field(default_factory=Findings)
    missing: Findings = field(default_factory=Findings)
    unknown_keys: Findings = field(default_factory=Findings)
    """What cannot be verified, because the master key is not held."""
    retired: dict[str, RetiredKey] = field(default_factory=dict)
    """The retired keys that are not held, and how many events and blocks are not judged for that."""

    @property
    def is_clean(self) -> bool:
        return not (self.altered.count or self.missing.count or self.unknown_keys.count)


def verify(*, against: Iterable[Checkpoint] = (), progress: Show = unshown) -> Report:
    """Verify every audit event and every block; `against` are checkpoints that were kept elsewhere.

    Writes nothing; keeps one block and a thousand events in memory. Calls `progress` with the number of events so far.
    Events that are chained or pruned meanwhile are no finding: it ends at the block that was last at its start.
    """
    report = Report(retired=_retired_keys())
    end = AuditBlock.objects.aggregate(last=Max("sequence"))["last"] or 0
    for block in AuditBlock.objects.filter(sequence__lte=end).order_by("sequence").iterator(CHUNK):
        _check_block(block, report)
        report.last = block
        progress(report.events)
    _check_newest(end, report, progress)
    check_index(report.missing.add)
    check_sets(report.altered.add, report.missing.add)
    _check_against(against, report)
    _check_retired(report)
    return report


def _retired_keys() -> dict[str, RetiredKey]:
    try:
        return retired_keys()
    except KeyringError:
        # Each row under the keys that cannot be had will say so.
        return {}


def _check_retired(report: Report) -> None:
    """Compare the blocks under each retired key with their digest in the event of its retirement."""
    for key_id, retired in report.retired.items():
        if retired.digest and digest_of_blocks(key_id, retired.last_block) != retired.digest:
            report.altered.add(f"retired master key {key_id!a}: the blocks under it are not those of its retirement")


def _check_block(block: AuditBlock, report: Report) -> None:
    report.blocks += 1
    name, before = f"block {block.sequence}", report.last
    expected = 1 if before is None else before.sequence + 1
    if block.sequence != expected:
        report.missing.add(f"{name}: it follows block {expected - 1}; the blocks between them are missing")
        _check_strays(AuditEvent.objects.filter(block__gte=expected, block__lt=block.sequence), report)
    elif bytes(block.previous) != (b"" if before is None else bytes(before.mac)):
        report.missing.add(f"{name}: it does not follow from the block before")
    _check_mac(name, block.key_id, block.mac, block_parts(block), report, block=block.sequence)
    if block.pruned_at is None:
        _check_rows(block, report)
    else:
        _check_pruned(block, report)


def _check_rows(block: AuditBlock, report: Report) -> None:
    count, digest = 0, sha256()
    for row in _events(report, block=block.sequence):
        digest.update(frame(row.id.bytes, bytes(row.mac)))
        count += 1
    if count != block.count:
        report.missing.add(f"block {block.sequence}: it holds {count} events, and {block.count} were chained")
    elif digest.digest() != bytes(block.root):
        report.missing.add(f"block {block.sequence}: its events are not the ones that were chained")


def _check_pruned(block: AuditBlock, report: Report) -> None:
    report.pruned += 1
    name = f"pruning of block {block.sequence}"
    _check_mac(name, block.key_id, block.pruned_mac or b"", pruned_parts(block), report, block=block.sequence)
    if AuditEvent.objects.filter(block=block.sequence).exists():
        report.missing.add(f"{name}: it still has events")


def _check_newest(end: int, report: Report, progress: Show) -> None:
    """Check the events without a block, which are new, and report events of a block that does not exist."""
    for _ in _events(report, block=None):
        report.unchained += 1
        progress(report.events)
    # An event that is being chained at this moment has its block.
    own = AuditBlock.objects.filter(sequence=OuterRef("block"))
    _check_strays(AuditEvent.objects.filter(~Exists(own), block__gt=end), report)


def _check_strays(rows: QuerySet[AuditEvent], report: Report) -> None:
    for row in rows.order_by("block", "id").iterator(CHUNK):
        _check_row(row, report)
        report.missing.add(f"audit event {row.id}: it belongs to block {row.block}, which does not exist")


def _check_against(kept: Iterable[Checkpoint], report: Report) -> None:
    """Compare the blocks with checkpoints; name the first one that is missing, and the first that is another one."""
    missing, other = _Series(), _Series()
    rest = iter(kept)
    while piece := list(islice(rest, CHUNK)):
        blocks = AuditBlock.objects.in_bulk({each.sequence for each in piece})
        for checkpoint in piece:
            block = blocks.get(checkpoint.sequence)
            if block is None:
                missing.add(checkpoint.sequence)
            elif Checkpoint.of(block) != checkpoint:
                other.add(checkpoint.sequence)
    if missing.count:
        report.missing.add(f"checkpoint: {missing} is missing; the end of the audit log was cut off")
    if other.count:
        report.missing.add(f"checkpoint: {other} differs from the block of the checkpoint")


@dataclass
class _Series:
    """The first of some blocks, and how many there are."""

    first: int = 0
    count: int = 0

    def add(self, sequence: int) -> None:
        self.first = min(self.first or sequence, sequence)
        self.count += 1

    def __str__(self) -> str:
        return f"block {self.first}" + (f", the first of {self.count}," if self.count > 1 else "")


def _events(report: Report, **columns: Any) -> Iterator[AuditEvent]:
    """Yield the events with these columns in the order of a block, once each has been checked by itself."""
    for row in AuditEvent.objects.filter(**columns).order_by("id").iterator(CHUNK):
        _check_row(row, report)
        yield row


def _check_row(row: AuditEvent, report: Report) -> None:
    report.events += 1
    _check_mac(f"audit event {row.id}", row.key_id, row.mac, event_parts(row), report, block=row.block)


def _check_mac(name: str, key_id: str, mac: Any, parts: Iterable[bytes], report: Report, *, block: int | None) -> None:
    try:
        audit_key(key_id).check(bytes(mac), *parts)
    except OpenFailed:
        report.altered.add(f"{name}: its MAC does not match")
    except (TypeError, ValueError, AttributeError, OverflowError):
        # The columns hold what this program never writes.
        report.altered.add(f"{name}: it is malformed")
    except KeyringError:
        retired = report.retired.get(key_id)
        if retired is not None and block is not None and block <= retired.last_block:
            retired.unjudged += 1
        else:
            report.unknown_keys.add(f"{name}: master key {key_id!a} is not held")
