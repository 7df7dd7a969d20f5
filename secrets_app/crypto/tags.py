"""Keyed tags: HMAC-SHA256 (RFC 2104) over framed parts, by which whoever holds the key knows his own writing again."""

import hmac

from .errors import OpenFailed
from .framing import frame
from .keys import KeyHolder, require_data_key

TAG_BYTES = 32


class TagKey(KeyHolder):
    """One key, for tags of one purpose. ``repr`` shows nothing; pickling and copying raise TypeError."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """``key`` is 32 bytes; raises TypeError or ValueError otherwise."""
        require_data_key(key)
        self._key = key

    def tag(self, *parts: bytes) -> bytes:
        """Return 32 bytes, always the same for these parts; no other parts have the same. Costs microseconds."""
        return hmac.digest(self._key, frame(*parts), "sha256")

    def check(self, tag: bytes, *parts: bytes) -> None:
        """Raise OpenFailed unless this key made ``tag`` of exactly these parts; compared in constant time."""
        if not isinstance(tag, bytes) or not hmac.compare_digest(tag, self.tag(*parts)):
            raise OpenFailed from None
