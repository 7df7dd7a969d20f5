"""Seals and opens the fields of a secret under a data key.

`blob = b"S\\x01" | dek_id(16) | nonce(12) | ciphertext | tag(16)`, AES-256-GCM, with the associated data
`frame(header, b"secret", field, secret uuid, owner, version)`; `header` is the first 18 bytes.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secrets_app.crypto import aead
from secrets_app.crypto.errors import OpenFailed
from secrets_app.crypto.framing import frame, framed
from secrets_app.crypto.key_material import KEY_BYTES, KeyHolder, require_data_key

V1, V2 = b"S\x01", b"S\x02"
COMMITMENT_BYTES = 32
# What is in front of and behind the ciphertext. A version stays here as long as a row or a backup can hold its blobs.
_OVERHEAD = {V1: aead.OVERHEAD_BYTES, V2: aead.OVERHEAD_BYTES + COMMITMENT_BYTES}
_COMMITMENT_INFO = b"neo-secrets/commitment/v1"
_VERSION_BYTES = 8
# What `frame` writes in front of the parts, and for those that are always the same.
_SIX_PARTS = frame(*[b""] * 6)[: -6 * len(framed(b""))]
_KIND = framed(b"secret")
_LENGTH_OF_ID, _LENGTH_OF_VERSION = (framed(bytes(size))[:-size] for size in (16, _VERSION_BYTES))


@lru_cache(maxsize=4_096)
def _until_id(header: bytes, field: str) -> bytes:
    return _SIX_PARTS + framed(header) + _KIND + framed(field.encode()) + _LENGTH_OF_ID


@lru_cache(maxsize=4_096)
def _until_version(owner: str) -> bytes:
    return framed(owner.encode()) + _LENGTH_OF_VERSION


class SecretContext(NamedTuple):
    """The place that a ciphertext belongs to; it opens nowhere else.

    `field` names the column ("value", "mask"), `owner` the owner ("user:7", "project:<uuid>"),
    `version` the secret's version, 0 to 2^64 - 1. `secret_id` must exist before the row does.
    """

    field: str
    secret_id: UUID
    owner: str
    version: int

    def aad(self, header: bytes) -> bytes:
        """Return the associated data, the frame of its parts; raise ValueError for one that is empty, not UTF-8, or out
        of range.

        Rows of one owner and key share most parts, which are framed once.
        The check is here and not in the constructor so that opening a tampered row (version -1) ends in
        OpenFailed like any other bad row.
        """
        if not self.field or not self.owner:
            raise ValueError("The field and the owner of a secret must not be empty")
        if not 0 <= self.version < 1 << (8 * _VERSION_BYTES):
            raise ValueError("The version of a secret must be between 0 and 2^64 - 1")
        version = self.version.to_bytes(_VERSION_BYTES, "big")
        return _until_id(header, self.field) + self.secret_id.bytes + _until_version(self.owner) + version


class DataKeyCipher(KeyHolder):
    """A cipher that seals and opens under one data key (32 bytes; TypeError or ValueError otherwise).

    Threads may share it. `repr` shows the id only; pickling and copying raise TypeError.
    """

    __slots__ = ("_cipher", "_headers", "dek_id")

    def __init__(self, dek_id: UUID, key: bytes) -> None:
        require_data_key(key)
        self.dek_id = dek_id
        self._cipher = AESGCM(key)
        commitment = HKDF(algorithm=SHA256(), length=COMMITMENT_BYTES, salt=None, info=_COMMITMENT_INFO).derive(key)
        self._headers = {V1: V1 + dek_id.bytes, V2: V2 + dek_id.bytes + commitment}

    def __repr__(self) -> str:
        return f"DataKeyCipher({str(self.dek_id)!r})"

    def seal(self, plaintext: bytes, context: SecretContext, *, nonce: bytes | None = None) -> bytes:
        """Return a blob, 78 bytes longer than `plaintext`: the length of a value is not hidden.

        Raises TypeError when `plaintext` is not bytes, ValueError for a context that cannot be encoded.
        `nonce` (12 bytes) is for test vectors only: one repeated under a key breaks both messages and the
        tag. Random nonces bound a key to 2^32 seals (NIST SP 800-38D, 8.3); the caller counts them.
        """
        header = self._headers[V2]
        return aead.seal(self._cipher, header, plaintext, context.aad(header), nonce)

    def open(self, blob: bytes, context: SecretContext) -> bytes:
        """Return the plaintext, or raise OpenFailed when `blob` was not sealed by this key for `context`.

        Whatever is wrong, the error is the same: not `bytes`, length, magic, version, data key, commitment, tag.
        """
        try:
            header = self._headers[blob[: aead.MAGIC_BYTES] if isinstance(blob, bytes) else b""]
            return aead.unseal(self._cipher, header, blob, context.aad(header))
        except aead.FAILURES:
            pass
        # Raised outside the handler, so that not even `__context__` carries what failed.
        raise OpenFailed from None


def blob_key_id(blob: bytes) -> UUID:
    """Return the id of the data key that `blob` names, unverified; raise OpenFailed when it is no blob."""
    return UUID(bytes=blob_key_bytes(blob))


def blob_key_bytes(blob: bytes) -> bytes:
    """Return the 16 bytes of that id, which are enough to find a key in memory.

    Every version begins with its two bytes and this id.
    """
    if isinstance(blob, bytes) and _OVERHEAD.get(blob[: aead.MAGIC_BYTES], len(blob) + 1) <= len(blob):
        return blob[aead.MAGIC_BYTES : aead.HEADER_BYTES]
    raise OpenFailed


def new_data_key() -> bytes:
    """Return 32 random bytes from the operating system."""
    return os.urandom(KEY_BYTES)
