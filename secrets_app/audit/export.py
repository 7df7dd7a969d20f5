"""The record as lines of JSON, for another system or for safe keeping: rows, blocks, and at the end a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from secrets_app.audit.checkpoints import Checkpoint
from secrets_app.audit.data import moment
from secrets_app.audit.macs import TEXTS
from secrets_app.models import AuditBlock, AuditEntry

CHUNK = 1_000


def lines(*, since: datetime | None = None) -> Iterator[str]:
    """Block by block the rows and then the block itself, those without a block last, then the checkpoint.

    `since` leaves out the blocks that end before it. Keeps one block and a thousand rows in memory.
    """
    blocks = AuditBlock.objects.order_by("sequence")
    last = None
    for block in (blocks if since is None else blocks.filter(last_at__gte=since)).iterator(CHUNK):
        yield from _entries(block=block.sequence)
        yield line(_block_as_json(block))
        last = block
    yield from _entries(block=None)
    last = last or blocks.last()
    if last is not None:
        yield line(Checkpoint.of(last).as_json())


def entry_as_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "kind": "entry",
        "id": str(entry.id),
        "at": moment(entry.at),
        "project_id": None if entry.project_id is None else str(entry.project_id),
        **{name: getattr(entry, name) for name in TEXTS},
        "data": entry.data,
        "block": entry.block,
        "mac": bytes(entry.mac).hex(),
    }


def _block_as_json(block: AuditBlock) -> dict[str, Any]:
    times = {name: moment(getattr(block, name)) for name in ("first_at", "last_at", "sealed_at", "pruned_at")}
    digests = {name: bytes(getattr(block, name)).hex() for name in ("root", "previous", "mac")}
    pruned_mac = None if block.pruned_mac is None else bytes(block.pruned_mac).hex()
    whole = {"sequence": block.sequence, "count": block.count, "key_id": block.key_id}
    return {"kind": "block", **whole, **times, **digests, "pruned_mac": pruned_mac}


def _entries(**columns: Any) -> Iterator[str]:
    for entry in AuditEntry.objects.filter(**columns).order_by("id").iterator(CHUNK):
        yield line(entry_as_json(entry))


def line(held: dict[str, Any]) -> str:
    return json.dumps(held, separators=(",", ":")) + "\n"
