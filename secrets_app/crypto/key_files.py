"""Keyrings from a file or from the environment.

A key is written ``id:base64(32 bytes)``, or ``id:kms:base64`` of what a KeyService made of it, and the first key
is active. Blank lines and lines that begin with ``#`` are skipped. Errors name the line and the id, never the key,
nor what could be a misplaced key.
"""

import base64
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from .errors import KeyringError
from .key_services import KeyService, master_key_context
from .keyring import Keyring
from .keys import KEY_BYTES, MasterKey, require_distinct, require_key_id, shown_id

_WRAPPED = "kms:"
_MAX_FILE_BYTES = 64 * 1024
_Reader = Callable[[str, str], bytes]
_GROUP_OR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Fewer than 43 characters, because pathlib folds "//" into "/".
_LIKE_A_KEY = re.compile(r"(.*:)?([A-Za-z0-9+/_-]{40,43}=|[0-9A-Fa-f]{64})\s*", re.DOTALL)


def keyring_from_file(path: str | os.PathLike[str], service: KeyService | None = None) -> Keyring:
    """Read a key file: one line a key, UTF-8, LF or CRLF, at most 64 KiB.

    With a ``service`` all keys must be wrapped by it, without one none may be. Raises KeyringError, with the fix, when
    the file is missing, empty, not a regular file, open to the group or to others in any way, or when a key in it is
    refused. Symbolic links are followed and the file that was opened is the one that is checked.
    """
    return Keyring(_keys_of_file(path, _clear if service is None else partial(_unwrapped, service)))


def keyring_from_text(text: str, source: str) -> Keyring:
    """Read keys from ``text``, separated by newlines or commas.

    ``source`` is what the errors call it, such as "NEO_MASTER_KEYS"; they count entries from 1, without
    blank ones and comments. Raises KeyringError when there is no key or one is refused.
    """
    entries = (part.strip() for _, line in _lines(text) for part in line.split(","))
    numbered = enumerate((entry for entry in entries if entry), start=1)
    return Keyring(_keys(((f"entry {number}", entry) for number, entry in numbered), source, _clear))


def generate_key_line(key_id: str, service: KeyService | None = None) -> str:
    """Return the line of a new random key, without line end; KeyringError for a bad id, or from the service."""
    require_key_id(key_id)
    return _line(MasterKey(key_id, os.urandom(KEY_BYTES)), service)


def new_master_key(service: KeyService | None = None, key_id: str = "") -> str:
    """The line of a key file: a new master key, wrapped by `service` if there is one. Raises KeyringError.

    Its id is the date of today unless it is given.
    """
    return generate_key_line(key_id or f"{datetime.now(UTC):%Y-%m-%d}", service)


def rewritten_key_lines(
    path: str | os.PathLike[str], unwrap_by: KeyService | None, wrap_by: KeyService | None
) -> list[str]:
    """The keys of a key file, wrapped or in the clear, as lines wrapped by another service, or in the clear by None.

    Raises KeyringError, as ``keyring_from_file`` does.
    """

    def read(key_id: str, encoded: str) -> bytes:
        if unwrap_by is None or not encoded.startswith(_WRAPPED):
            return _clear(key_id, encoded)
        return _unwrapped(unwrap_by, key_id, encoded)

    return [_line(key, wrap_by) for key in _keys_of_file(path, read)]


def create_private(path: Path, content: str) -> bool:
    """Write `content` into a new file of mode 0600, down to the disk. False, and nothing written, if there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def _line(key: MasterKey, service: KeyService | None) -> str:
    if service is None:
        return f"{key.id}:{base64.b64encode(key.key).decode()}"
    wrapped = service.wrap(key.key, master_key_context(key.id))
    return f"{key.id}:{_WRAPPED}{base64.b64encode(wrapped).decode()}"


def _keys_of_file(path: str | os.PathLike[str], read: _Reader) -> list[MasterKey]:
    name = os.fspath(path)
    if _LIKE_A_KEY.fullmatch(name):
        raise KeyringError("A key was given where the path of a key file is expected. Give the path.")
    text = _decoded(_read(name), name)
    return _keys(((f"line {number}", line) for number, line in _lines(text)), f"Key file {name}", read)


def _keys(entries: Iterable[tuple[str, str]], source: str, read: _Reader) -> list[MasterKey]:
    keys: list[MasterKey] = []
    for place, entry in entries:
        try:
            key = _parsed(entry, read)
            require_distinct(keys, key)
        except KeyringError as error:
            raise KeyringError(f"{source}, {place}: {error}") from None
        keys.append(key)
    if not keys:
        raise KeyringError(f"{source} holds no key. Put back your keys, each as id:base64 of {KEY_BYTES} bytes.")
    return keys


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _parsed(entry: str, read: _Reader) -> MasterKey:
    key_id, colon, encoded = entry.partition(":")
    if not colon:
        raise KeyringError("There is no colon. Write the key as id:base64.")
    require_key_id(key_id)
    return MasterKey(key_id, read(key_id, encoded))


def _clear(key_id: str, encoded: str) -> bytes:
    if encoded.startswith(_WRAPPED):
        raise KeyringError(
            f"Key {shown_id(key_id)} is wrapped by a key service. Name its key: NEO_KMS_KEY, or in a host site "
            "SECRETS_APP['KMS_KEY'] with the KEY_PROVIDER 'kms'."
        )
    key = _strict_base64(encoded)
    if key is None:
        raise KeyringError(
            f"Key {shown_id(key_id)} is not strict base64. Use A-Z a-z 0-9 + / and the closing =, "
            "without spaces, quotes or a comment behind it."
        )
    return key


def _unwrapped(service: KeyService, key_id: str, encoded: str) -> bytes:
    if not encoded.startswith(_WRAPPED):
        raise KeyringError(
            f"Key {shown_id(key_id)} is not wrapped by the key service, and its file protects nothing. "
            "Write a file that is: manage.py make_master_key NEW_FILE --from THIS_FILE."
        )
    wrapped = _strict_base64(encoded.removeprefix(_WRAPPED))
    if not wrapped:
        raise KeyringError(f"Key {shown_id(key_id)} is not strict base64. Put back the line as it was made.")
    try:
        return service.unwrap(wrapped, master_key_context(key_id))
    except KeyringError as error:
        raise KeyringError(f"Key {shown_id(key_id)}: {error}") from None


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
