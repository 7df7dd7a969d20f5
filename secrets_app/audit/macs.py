"""The MAC of each audit event and each block, which proves that the service wrote it.

HMAC-SHA256 under a subkey of a master key (HKDF-SHA256, purpose `audit`), over the row's columns, framed so that no
two rows give the same bytes. The id of the master key is one of the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from secrets_app.crypto import TagKey
from secrets_app.master_keys import tag_key
from secrets_app.models import AuditBlock, AuditEvent

PURPOSE = "audit"
# The bytes under stored MACs: an audit event was once called an entry.
EVENT_V1 = b"audit-entry/v1"
BLOCK_V1 = b"audit-block/v1"
PRUNED_V1 = b"audit-pruned/v1"

TEXTS = (
    "event",
    "outcome",
    "actor_kind",
    "actor_id",
    "actor_label",
    "credential_kind",
    "credential_id",
    "request_id",
    "address",
    "user_id",
    "subject_kind",
    "subject_id",
    "subject_label",
    "key_id",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def audit_key(key_id: str) -> TagKey:
    """Return the key of the MACs. Raises KeyringError if the master key is not held or its provider is unreachable."""
    return tag_key(key_id, PURPOSE)


def event_parts(event: AuditEvent) -> Iterator[bytes]:
    """Yield what the MAC of an audit event covers: every column but the MAC itself and the block."""
    yield EVENT_V1
    yield event.id.bytes
    yield _time(event.at)
    yield b"" if event.project_id is None else event.project_id.bytes
    for name in TEXTS:
        yield getattr(event, name).encode()
    yield _json(event.data)


def block_parts(block: AuditBlock) -> Iterator[bytes]:
    """Yield what the MAC of a block covers: every column but the MAC itself, and what pruning sets later."""
    yield BLOCK_V1
    for whole in (block.sequence, block.count):
        yield whole.to_bytes(8, "big")
    for at in (block.first_at, block.last_at, block.chained_at):
        yield _time(at)
    yield bytes(block.root)
    yield bytes(block.previous)
    yield block.key_id.encode()


def pruned_parts(block: AuditBlock) -> Iterator[bytes]:
    """Yield what the second MAC of a pruned block covers: which block it is, and when its rows were deleted."""
    yield PRUNED_V1
    yield bytes(block.mac)
    yield b"" if block.pruned_at is None else _time(block.pruned_at)


def _time(at: datetime) -> bytes:
    return ((at - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
