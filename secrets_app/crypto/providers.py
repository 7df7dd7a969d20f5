"""Keyrings from a file or from the environment.

A key is written ``id:base64(32 bytes)``, and the first key is active. Blank lines and lines that begin with
``#`` are skipped. Errors name the line and the id, never the key, nor what could be a misplaced key.
"""

import base64
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress

from .errors import KeyringError
from .keyring import Keyring
from .keys import KEY_BYTES, MasterKey, require_distinct, require_key_id, shown_id

_MAX_FILE_BYTES = 64 * 1024
_GROUP_OR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Fewer than 43 characters, because pathlib folds "//" into "/".
_LIKE_A_KEY = re.compile(r"(.*:)?([A-Za-z0-9+/_-]{40,43}=|[0-9A-Fa-f]{64})\s*", re.DOTALL)


def keyring_from_file(path: str | os.PathLike[str]) -> Keyring:
    """Read a key file: one line a key, UTF-8, LF or CRLF, at most 64 KiB.

    Raises KeyringError, with the fix, when the file is missing, empty, not a regular file, open to the group
    or to others in any way, or when a key in it is refused. Symbolic links are followed and the file that was
    opened is the one that is checked.
    """
    name = os.fspath(path)
    if _LIKE_A_KEY.fullmatch(name):
        raise KeyringError("A key was given where the path of a key file is expected. Give the path.")
    text = _decoded(_read(name), name)
    return _keyring(((f"line {number}", line) for number, line in _lines(text)), source=f"Key file {name}")


def keyring_from_text(text: str, source: str) -> Keyring:
    """Read keys from ``text``, separated by newlines or commas.

    ``source`` is what the errors call it, such as "NEO_MASTER_KEYS"; they count entries from 1, without
    blank ones and comments. Raises KeyringError when there is no key or one is refused.
    """
    entries = (part.strip() for _, line in _lines(text) for part in line.split(","))
    numbered = enumerate((entry for entry in entries if entry), start=1)
    return _keyring(((f"entry {number}", entry) for number, entry in numbered), source=source)


def generate_key_line(key_id: str) -> str:
    """Return ``id:base64`` with a new random key and no line end; KeyringError for a bad id."""
    require_key_id(key_id)
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def _keyring(entries: Iterable[tuple[str, str]], *, source: str) -> Keyring:
    keys: list[MasterKey] = []
    for place, entry in entries:
        try:
            key = _parsed(entry)
            require_distinct(keys, key)
        except KeyringError as error:
            raise KeyringError(f"{source}, {place}: {error}") from None
        keys.append(key)
    if not keys:
        raise KeyringError(f"{source} holds no key. Put back your keys, each as id:base64 of {KEY_BYTES} bytes.")
    return Keyring(keys)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _parsed(entry: str) -> MasterKey:
    key_id, colon, encoded = entry.partition(":")
    if not colon:
        raise KeyringError("There is no colon. Write the key as id:base64.")
    require_key_id(key_id)
    key = _strict_base64(encoded)
    if key is None:
        raise KeyringError(
            f"Key {shown_id(key_id)} is not strict base64. Use A-Z a-z 0-9 + / and the closing =, "
            "without spaces, quotes or a comment behind it."
        )
    return MasterKey(key_id, key)


def _strict_base64(encoded: str) -> bytes | None:
    with suppress(ValueError):
        decoded = base64.b64decode(encoded, validate=True)
        # b64decode forgives stray bits and padding; one key must have one spelling.
        return decoded if base64.b64encode(decoded).decode() == encoded else None
    return None


def _read(name: str) -> bytes:
    try:
        # Without O_NONBLOCK a FIFO would hang the start; regular files ignore it.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyringError(
            f"There is no key file at {name}. Put it back from your backup of the keys, or correct the path; "
            "make a new one only where nothing is sealed yet."
        ) from None
    except OSError as error:
        raise KeyringError(
            f"Key file {name} cannot be read ({error.strerror}). Let the user that runs this process own it."
        ) from None
    try:
        _require_private(os.fstat(descriptor).st_mode, name)
        return os.read(descriptor, _MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)


def _require_private(mode: int, name: str) -> None:
    if not stat.S_ISREG(mode):
        raise KeyringError(f"Key file {name} is not a regular file. Give the path of a file with the keys.")
    if mode & _GROUP_OR_OTHERS:
        raise KeyringError(
            f"Key file {name} is open to other users (mode {stat.S_IMODE(mode):04o}). "
            f"Run: chmod 600 {shlex.quote(name)}"
        )


def _decoded(content: bytes, name: str) -> str:
    if len(content) > _MAX_FILE_BYTES:
        raise KeyringError(f"Key file {name} is larger than {_MAX_FILE_BYTES} bytes. Correct the path.")
    with suppress(UnicodeDecodeError):
        # Editors on Windows put a byte order mark first.
        return content.decode("utf-8-sig")
    raise KeyringError(f"Key file {name} is not UTF-8 text. Write each key as id:base64 on its own line.")
