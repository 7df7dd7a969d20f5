"""The audit log as JSON Lines, for another system or an archive: events, blocks, and a checkpoint last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet, Sum

from neo_base.audit.event_fields import moment
from secrets_app.audit.checkpoints import Checkpoint
from secrets_app.audit.granted_sets import expand
from secrets_app.audit.macs import TEXTS
from secrets_app.models import AuditBlock, AuditEvent

CHUNK = 1_000


def lines(*, since: datetime | None = None) -> Iterator[str]:
    """Yield the events of each block and then the block, the events without a block, and the checkpoint.

    `since` leaves out the blocks that end before it. Keeps one block and a thousand events in memory.
    """
    last = None
    for block in _blocks(since).iterator(CHUNK):
        yield from _events(block=block.sequence)
        yield line(_block_as_json(block))
        last = block
    yield from _events(block=None)
    last = last or AuditBlock.objects.order_by("sequence").last()
    if last is not None:
        yield line(Checkpoint.of(last).as_json())


def line_count(*, since: datetime | None = None) -> int:
    """Return how many lines `lines` yields, without the checkpoint."""
    blocks = _blocks(since)
    chained = blocks.filter(pruned_at=None).aggregate(events=Sum("count", default=0))["events"]
    return int(chained) + blocks.count() + AuditEvent.objects.filter(block=None).count()


def event_as_json(event: AuditEvent) -> dict[str, Any]:
    """Return an audit event with all its columns; `set` in `data` is the digest of the granted set in `secrets`."""
    return {
        "kind": "event",
        "id": str(event.id),
        "at": moment(event.at),
        "project_id": None if event.project_id is None else str(event.project_id),
        **{name: getattr(event, name) for name in TEXTS},
        "data": event.data,
        "block": event.block,
        "mac": bytes(event.mac).hex(),
    }


def _block_as_json(block: AuditBlock) -> dict[str, Any]:
    times = {name: moment(getattr(block, name)) for name in ("first_at", "last_at", "chained_at", "pruned_at")}
    digests = {name: bytes(getattr(block, name)).hex() for name in ("root", "previous", "mac")}
    pruned_mac = None if block.pruned_mac is None else bytes(block.pruned_mac).hex()
    whole = {"sequence": block.sequence, "count": block.count, "key_id": block.key_id}
    return {"kind": "block", **whole, **times, **digests, "pruned_mac": pruned_mac}


def _blocks(since: datetime | None) -> QuerySet[AuditBlock]:
    blocks = AuditBlock.objects.order_by("sequence")
    return blocks if since is None else blocks.filter(last_at__gte=since)


def _events(**columns: Any) -> Iterator[str]:
    events = AuditEvent.objects.filter(**columns).order_by("id").iterator(CHUNK)
    while piece := list(islice(events, CHUNK)):
        for event in expand(piece, keep_digest=True):
            yield line(event_as_json(event))


def line(held: dict[str, Any]) -> str:
    """Return one line of JSON, with its end."""
    return json.dumps(held, separators=(",", ":")) + "\n"
