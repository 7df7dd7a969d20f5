"""Key bytes: the rules for a good key, and objects that hold one without showing it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn, SupportsIndex

from secrets_app.crypto.errors import KeyringError

KEY_BYTES = 32
"""Length of every key here: AES-256."""

EXAMPLE_KEY = b"this-is-an-example-not-a-secret!"
"""The key that documentation and `.env.example` may print; a keyring refuses it."""

_KEY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LIKE_KEY_TEXT = re.compile(r"[a-z0-9]{12}")


class KeyHolder:
    """A mixin for objects with a key inside: pickling and copying raise TypeError."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a key and cannot be pickled or copied")


@dataclass(frozen=True, slots=True, eq=False)
class MasterKey(KeyHolder):
    """A key-encrypting key and its id.

    `id` matches `[a-z0-9][a-z0-9._-]{0,63}`; `key` is 32 random bytes. Raises KeyringError
    otherwise, and for keys that cannot be random: one byte repeated, or EXAMPLE_KEY.
    `repr` shows the id only.
    """

    id: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_key_id(self.id)
        name = shown_id(self.id)
        if len(self.key) != KEY_BYTES:
            raise KeyringError(f"Key {name} is {len(self.key)} bytes long. Give {KEY_BYTES} random bytes.")
        if len(set(self.key)) == 1:
            raise KeyringError(f"Key {name} is one byte repeated. Give {KEY_BYTES} random bytes.")
        if hmac.compare_digest(self.key, EXAMPLE_KEY):
            raise KeyringError(f"Key {name} is the example from the documentation. Generate your own.")


def require_key_id(key_id: str) -> None:
    """Raise KeyringError when `key_id` is not valid. The message omits it: it may be a misplaced key."""
    if not _KEY_ID.fullmatch(key_id):
        raise KeyringError(
            "The key id is not valid (not shown, in case it is a key). Use 1 to 64 of "
            "a-z 0-9 . _ - and begin with a letter or digit."
        )


def require_distinct(held: Iterable[MasterKey], new: MasterKey) -> None:
    """Raise KeyringError when `new` repeats the id or the bytes of a held key."""
    for key in held:
        if key.id == new.id:
            raise KeyringError(f"Key id {shown_id(new.id)} is given twice. Give each key its own id.")
        if hmac.compare_digest(key.key, new.key):
            raise KeyringError(
                f"Keys {shown_id(key.id)} and {shown_id(new.id)} are the same bytes. "
                "Remove one of them, or generate a new key for it."
            )


def require_data_key(key: bytes) -> None:
    """Raise TypeError or ValueError when `key` is not 32 bytes; AES would also take 16 or 24."""
    if not isinstance(key, bytes):
        raise TypeError("A data key must be bytes")
    if len(key) != KEY_BYTES:
        raise ValueError(f"A data key must be {KEY_BYTES} bytes long, not {len(key)}")


def shown_id(key_id: str) -> str:
    """Return a valid id in quotes for a message, or a stand-in when it could be part of a key.

    A key in hex fits the pattern of an id, so an id with twelve letters and digits in a row is not shown.
    """
    return "(id not shown: it could be a key)" if _LIKE_KEY_TEXT.search(key_id) else repr(key_id)
