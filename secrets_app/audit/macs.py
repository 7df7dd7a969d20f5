"""The MAC of each row of the record, by which the service knows its own writing again.

HMAC-SHA256 under a subkey of a master key (HKDF-SHA256, purpose `audit`), over the row's columns, framed so that no
two rows give the same bytes. The id of the master key is one of them, and stands in the row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from secrets_app.crypto import TagKey
from secrets_app.master_keys import tag_key
from secrets_app.models import AuditBlock, AuditEntry

PURPOSE = "audit"
ENTRY_V1 = b"audit-entry/v1"
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
    """Raises KeyringError where the master key is not held, or its provider does not answer."""
    return tag_key(key_id, PURPOSE)


def entry_parts(entry: AuditEntry) -> Iterator[bytes]:
    """What the MAC of a row covers: every column but the MAC itself and the block, which the sealer sets later."""
    yield ENTRY_V1
    yield entry.id.bytes
    yield _time(entry.at)
    yield b"" if entry.project_id is None else entry.project_id.bytes
    for name in TEXTS:
        yield getattr(entry, name).encode()
    yield _json(entry.data)


def block_parts(block: AuditBlock) -> Iterator[bytes]:
    yield BLOCK_V1
    for whole in (block.sequence, block.count):
        yield whole.to_bytes(8, "big")
    for at in (block.first_at, block.last_at, block.sealed_at):
        yield _time(at)
    yield bytes(block.root)
    yield bytes(block.previous)
    yield block.key_id.encode()


def pruned_parts(block: AuditBlock) -> Iterator[bytes]:
    """What vouches for rows that are gone: that they were taken away, when, and from which block."""
    yield PRUNED_V1
    yield bytes(block.mac)
    yield b"" if block.pruned_at is None else _time(block.pruned_at)


def _time(at: datetime) -> bytes:
    return ((at - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True)


def _json(data: Any) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
