"""Ids that sort by the time of their creation: UUIDs of version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 62
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id(at: datetime) -> UUID:
    """Return a new id that holds the time `at` to a quarter of a microsecond, and 62 random bits."""
    return UUID(int=_bits(at) | secrets.randbits(_RANDOM_BITS))


def first_id(at: datetime) -> UUID:
    """Return the smallest id that `new_id` can return at this time. For a time before 1970, return that of 1970."""
    return UUID(int=_bits(max(at, _EPOCH)))


def _bits(at: datetime) -> int:
    milliseconds, rest = divmod((at - _EPOCH) // timedelta(microseconds=1), 1000)
    # The 12 bits after the version hold the fraction of the millisecond (RFC 9562, section 6.2, method 3).
    return milliseconds << 80 | _VERSION | (rest * 4096 // 1000) << 64 | _VARIANT
