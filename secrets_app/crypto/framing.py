"""The framing that joins several byte strings into one without ambiguity."""

from __future__ import annotations

_LENGTH_BYTES = 4


def frame(*parts: bytes) -> bytes:
    """Join `parts` injectively: different sequences never give the same bytes.

    The number of parts, then each part after its own length; all lengths are 4 bytes, big-endian,
    unsigned. Raises OverflowError for a part of 4 GiB or more.
    """
    framed_parts = [len(part).to_bytes(_LENGTH_BYTES, "big") + part for part in parts]
    return b"".join([_length(parts), *framed_parts])


def framed(part: bytes) -> bytes:
    """Return `part` after its length: what `frame` makes of it behind the number of parts, for parts kept ready."""
    return _length(part) + part


def _length(counted: bytes | tuple[bytes, ...]) -> bytes:
    return len(counted).to_bytes(_LENGTH_BYTES, "big")
