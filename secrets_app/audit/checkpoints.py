"""Checkpoints: the number and MAC of the last block. Kept elsewhere, one shows later that no block was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterable
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


def read(lines: Iterable[str]) -> Checkpoint:
    """Return the checkpoint in the last line that is not blank, as `audit export` ends. Raises NotACheckpoint."""
    text = ""
    for line in lines:
        text = line if line.strip() else text
    try:
        held = json.loads(text)
        if held["kind"] != KIND or type(held["sequence"]) is not int or type(held["mac"]) is not str:
            raise ValueError
        return Checkpoint(held["sequence"], held["mac"])
    except (ValueError, KeyError, TypeError):
        raise NotACheckpoint(
            "This file ends with no checkpoint. Pass a file that `audit checkpoint` or `audit export` wrote."
        ) from None
