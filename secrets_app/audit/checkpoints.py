"""Checkpoints: the number and MAC of the last block. Kept elsewhere, one shows later that no block was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from secrets_app.models import AuditBlock

KIND = "checkpoint"


class NotACheckpoint(ValueError):
    """The text holds no checkpoint. The message says what to pass instead."""


@dataclass(frozen=True)
class Checkpoint:
    """The last block at some moment."""

    sequence: int
    mac: str
    """In hexadecimal."""

    @classmethod
    def of(cls, block: AuditBlock) -> Checkpoint:
        return cls(block.sequence, bytes(block.mac).hex())

    def as_json(self) -> dict[str, Any]:
        return {"kind": KIND, "sequence": self.sequence, "mac": self.mac}


def latest() -> Checkpoint | None:
    """Return the current checkpoint, None before the first block. Costs one query."""
    block = AuditBlock.objects.order_by("-sequence").first()
    return None if block is None else Checkpoint.of(block)


def read(lines: Iterable[str]) -> Iterator[Checkpoint]:
    """Yield the checkpoints in `lines`, the last of which that is not blank has to be one, as `audit export` ends.

    Other lines are passed over: those of events and blocks in an export. Raises NotACheckpoint.
    """
    last: Checkpoint | None = None
    for text in lines:
        if text.strip():
            last = _in(text)
        if text.strip() and last is not None:
            yield last
    if last is None:
        raise NotACheckpoint(
            "This file ends with no checkpoint. Pass a file that `audit checkpoint`, `audit chain` or `audit export` "
            "wrote."
        )


def _in(text: str) -> Checkpoint | None:
    try:
        held = json.loads(text)
        sequence, mac = held["sequence"], held["mac"]
        is_one = held["kind"] == KIND and type(sequence) is int and 0 < sequence < 2**63 and type(mac) is str
        return Checkpoint(sequence, mac) if is_one else None
    except (ValueError, KeyError, TypeError):
        return None
