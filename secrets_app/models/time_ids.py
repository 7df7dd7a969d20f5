"""Ids that sort by the time at which they were made: UUIDs of version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 62
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id(at: datetime) -> UUID:
    """An id made at this moment, which it keeps to a quarter of a microsecond; 62 bits are random."""
    return UUID(int=_bits(at) | secrets.randbits(_RANDOM_BITS))


def first_id(at: datetime) -> UUID:
    """The least id that can be made at this moment; before 1970 nothing can."""
    return UUID(int=_bits(max(at, _EPOCH)))


def _bits(at: datetime) -> int:
    milliseconds, rest = divmod((at - _EPOCH) // timedelta(microseconds=1), 1000)
    # The 12 bits behind the version hold the fraction of the millisecond, as section 6.2, method 3, has it.
    return milliseconds << 80 | _VERSION | (rest * 4096 // 1000) << 64 | _VARIANT
