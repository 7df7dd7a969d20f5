"""Wraps and unwraps data keys under master keys, and proves that a master key is the right one.

`wrap = b"K\\x01" | dek_id(16) | nonce(12) | ciphertext | tag(16)`, AES-256-GCM, with the associated data
`frame(header, b"dek", dek uuid, owner, kek id)`; `header` is the first 18 bytes.
`check value = b"C\\x01" | HMAC-SHA256(subkey "canary", frame(b"canary", kek id))`
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secrets_app.crypto import aead
from secrets_app.crypto.errors import KeyringError, OpenFailed, UnknownKey
from secrets_app.crypto.framing import frame
from secrets_app.crypto.key_material import KEY_BYTES, KeyHolder, MasterKey, require_data_key, require_distinct

WRAP_V1 = b"K\x01"
CHECK_VALUE_V1 = b"C\x01"
# The purpose and the first part of a key check value. It never changes: databases hold values that were made with it.
_CHECK_VALUE_PURPOSE = "canary"
_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,63}")


class KeyProvider(Protocol):
    """A holder of master keys: a local Keyring, or a KMS that never gives its keys away.

    Keys are chosen by id, never by trial: GCM does not commit to its key. Every method raises UnknownKey for
    an id that is not held. A provider that cannot be reached raises some other CryptoError: OpenFailed is
    a verdict on the data, never on the network.
    """

    @property
    def active_key_id(self) -> str:
        """The key that new data keys are wrapped under."""

    @property
    def key_ids(self) -> frozenset[str]:
        """Every key that can unwrap."""

    def wrap(self, key_id: str, dek_id: UUID, owner: str, data_key: bytes) -> bytes:
        """Return `data_key` (32 bytes) wrapped, bound to its id, its owner and `key_id`."""

    def unwrap(self, key_id: str, dek_id: UUID, owner: str, wrapped: bytes) -> bytes:
        """Return the 32 bytes that were wrapped for exactly these arguments; OpenFailed otherwise."""

    def seal_check_value(self, key_id: str) -> bytes:
        """Return the key check value of `key_id`: bytes to store, which later prove that the key is the same."""

    def verify_check_value(self, key_id: str, check_value: bytes) -> None:
        """Raise OpenFailed when `check_value` was made by another key or for another id."""

    def subkey(self, key_id: str, purpose: str) -> bytes:
        """Return 32 bytes for one `purpose`, always the same for these arguments, independent for others.

        A KMS that never gives its keys away answers with its MAC of the purpose. Callers remember the answer for
        the life of the process, so it may cost a call over the network.
        """


class Keyring(KeyHolder):
    """The master keys in the memory of this process; the first is active. Implements KeyProvider.

    Raises KeyringError when there is no key, or an id or the same key bytes appear twice. Calls cost
    microseconds and touch no network. `repr` shows ids only; pickling and copying raise TypeError.
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[MasterKey]) -> None:
        self._keys: dict[str, MasterKey] = {}
        for key in keys:
            require_distinct(self._keys.values(), key)
            self._keys[key.id] = key
        if not self._keys:
            raise KeyringError("The keyring is empty. Give at least one master key.")

    def __repr__(self) -> str:
        return f"Keyring(active={self.active_key_id!r}, ids={list(self._keys)!r})"

    @property
    def active_key_id(self) -> str:
        """The id of the first key."""
        return next(iter(self._keys))

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of all keys, the active one among them."""
        return frozenset(self._keys)

    def wrap(self, key_id: str, dek_id: UUID, owner: str, data_key: bytes, *, nonce: bytes | None = None) -> bytes:
        """Return `data_key` wrapped under `key_id`.

        Raises UnknownKey; TypeError or ValueError when `data_key` is not 32 bytes or `owner` is empty or
        not UTF-8. `nonce` (12 bytes) is for test vectors only. A master key may wrap 2^32 times
        (NIST SP 800-38D, 8.3).
        """
        cipher = self._cipher(key_id)
        require_data_key(data_key)
        header = WRAP_V1 + dek_id.bytes
        return aead.seal(cipher, header, data_key, _wrap_aad(header, dek_id, owner, key_id), nonce)

    def unwrap(self, key_id: str, dek_id: UUID, owner: str, wrapped: bytes) -> bytes:
        """Return the data key; raise UnknownKey for an id that is not held, OpenFailed for anything else."""
        cipher = self._cipher(key_id)
        with suppress(*aead.FAILURES):
            header = WRAP_V1 + dek_id.bytes
            data_key = aead.unseal(cipher, header, wrapped, _wrap_aad(header, dek_id, owner, key_id))
            require_data_key(data_key)
            return data_key
        # Raised outside the handler, so that not even `__context__` carries what failed.
        raise OpenFailed from None

    def seal_check_value(self, key_id: str) -> bytes:
        """Return the key check value of `key_id`: 34 bytes, always the same, which reveal nothing of the key."""
        subkey = self.subkey(key_id, _CHECK_VALUE_PURPOSE)
        return CHECK_VALUE_V1 + hmac.digest(subkey, frame(_CHECK_VALUE_PURPOSE.encode(), key_id.encode()), "sha256")

    def verify_check_value(self, key_id: str, check_value: bytes) -> None:
        """Raise OpenFailed unless this key made `check_value` under this id. Compares in constant time."""
        expected = self.seal_check_value(key_id)
        if not isinstance(check_value, bytes) or not hmac.compare_digest(check_value, expected):
            raise OpenFailed from None

    def subkey(self, key_id: str, purpose: str) -> bytes:
        """Return 32 bytes for one `purpose`, by HKDF-SHA256 (RFC 5869), no salt.

        `info` is `neo-secrets/<purpose>/v1`, so purposes never share a key. Raises UnknownKey, and
        ValueError when `purpose` is not `[a-z][a-z0-9-]{0,63}`.
        """
        if not _PURPOSE.fullmatch(purpose):
            raise ValueError("A purpose is 1 to 64 of a-z 0-9 - and begins with a letter")
        info = f"neo-secrets/{purpose}/v1".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key(key_id).key)

    def _key(self, key_id: str) -> MasterKey:
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKey(key_id)
        return key

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(self._key(key_id).key)


def _wrap_aad(header: bytes, dek_id: UUID, owner: str, key_id: str) -> bytes:
    if not owner:
        raise ValueError("The owner of a data key must not be empty")
    return frame(header, b"dek", dek_id.bytes, owner.encode(), key_id.encode())
