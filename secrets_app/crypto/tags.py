"""Keyed tags: HMAC-SHA256 (RFC 2104) over framed parts. They prove that a holder of the key made these parts."""

from __future__ import annotations

import hmac

from secrets_app.crypto.errors import OpenFailed
from secrets_app.crypto.framing import frame
from secrets_app.crypto.key_material import KeyHolder, require_data_key

TAG_BYTES = 32


class TagKey(KeyHolder):
    """A key for the tags of one purpose. `repr` shows nothing; pickling and copying raise TypeError."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Take a key of 32 bytes; raise TypeError or ValueError for anything else."""
        require_data_key(key)
        self._key = key

    def tag(self, *parts: bytes) -> bytes:
        """Return the 32 bytes of the tag, always the same for the same parts. Costs microseconds."""
        return hmac.digest(self._key, frame(*parts), "sha256")

    def check(self, tag: bytes, *parts: bytes) -> None:
        """Raise OpenFailed unless this key made `tag` of exactly these parts. Compares in constant time."""
        if not isinstance(tag, bytes) or not hmac.compare_digest(tag, self.tag(*parts)):
            raise OpenFailed from None
