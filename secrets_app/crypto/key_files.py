"""Key files: keyrings read from a file or the environment, and the lines that such a file holds.

A key is written `id:base64(32 bytes)`, or `id:kms:base64` once a KeyService has wrapped it. The first key is active.
Blank lines and lines that begin with `#` are skipped. Errors name the line and the id, but no key and nothing that
could be a misplaced key.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.key_material import KEY_BYTES, MasterKey, require_distinct, require_key_id, shown_id
from secrets_app.crypto.key_services import KeyService, master_key_context
from secrets_app.crypto.keyring import Keyring
from secrets_app.crypto.private_files import read_private

_WRAPPED = "kms:"
_Reader = Callable[[str, str], bytes]
IN_THE_ENVIRONMENT = "NEO_MASTER_KEYS, or in a host site into the KEY_VARIABLE of the KEY_PROVIDER 'env'"
IF_NOTHING_IS_SEALED = "Make a new one only if nothing has been sealed yet."
# At least 40 characters instead of 43, because pathlib folds "//" into "/".
_LIKE_A_KEY = re.compile(r"(.*:)?([A-Za-z0-9+/_-]{40,43}=|[0-9A-Fa-f]{64})\s*", re.DOTALL)


def keyring_from_file(path: str | os.PathLike[str], service: KeyService | None = None) -> Keyring:
    """Return the keyring in a key file: one key per line, UTF-8, LF or CRLF, at most 64 KiB.

    With a `service`, it must have wrapped every key; without one, no key may be wrapped. Raises KeyringError, which
    says how to fix it, when the file is missing, empty or not private (`private_files`), or when a key in it is
    refused.
    """
    return Keyring(_keys_of_file(path, _clear if service is None else partial(_unwrapped, service)))


def keyring_from_text(text: str, source: str) -> Keyring:
    """Return the keyring in `text`, whose keys are separated by newlines or commas.

    Errors call the text `source`, such as "NEO_MASTER_KEYS", and count its entries from 1, blank ones and comments
    aside. Raises KeyringError when there is no key or one is refused.
    """
    entries = (part.strip() for _, line in _lines(text) for part in line.split(","))
    numbered = enumerate((entry for entry in entries if entry), start=1)
    return Keyring(_keys(((f"entry {number}", entry) for number, entry in numbered), source, _clear))


def generate_key_line(key_id: str, service: KeyService | None = None) -> str:
    """Return the line of a new random key, without a line end. Raise KeyringError for a bad id or by the service."""
    require_key_id(key_id)
    return _line(MasterKey(key_id, os.urandom(KEY_BYTES)), service)


def new_master_key(service: KeyService | None = None, key_id: str = "") -> str:
    """Return the key-file line of a new master key, wrapped by `service` if there is one. Raise KeyringError.

    Without a `key_id`, its id is today's date.
    """
    return generate_key_line(key_id or f"{datetime.now(UTC):%Y-%m-%d}", service)


def rewritten_key_lines(
    path: str | os.PathLike[str], unwrap_by: KeyService | None, wrap_by: KeyService | None
) -> list[str]:
    """Return the keys of a key file as new lines, wrapped by `wrap_by`, or in the clear without it.

    `unwrap_by` opens the lines that are wrapped. Raises KeyringError, as `keyring_from_file` does.
    """

    def read(key_id: str, encoded: str) -> bytes:
        if unwrap_by is None or not encoded.startswith(_WRAPPED):
            return _clear(key_id, encoded)
        return _unwrapped(unwrap_by, key_id, encoded)

    return [_line(key, wrap_by) for key in _keys_of_file(path, read)]


def create_private(path: Path, content: str) -> bool:
    """Write `content` to a new file of mode 0600 and flush it to disk. Return False if the file already exists."""
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
        raise KeyringError("A key was given instead of the path of a key file. Give the path.")
    text = read_private(name, variable=IN_THE_ENVIRONMENT, when_missing=IF_NOTHING_IS_SEALED)
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
            f"Key {shown_id(key_id)} is wrapped by a key service. Name the key of that service: NEO_KMS_KEY, or in a "
            "host site SECRETS_APP['KMS_KEY'] with the KEY_PROVIDER 'kms'."
        )
    key = _strict_base64(encoded)
    if key is None:
        raise KeyringError(
            f"Key {shown_id(key_id)} is not strict base64. Use A-Z a-z 0-9 + / and the closing =, "
            "without spaces, quotes or a comment after it."
        )
    return key


def _unwrapped(service: KeyService, key_id: str, encoded: str) -> bytes:
    if not encoded.startswith(_WRAPPED):
        raise KeyringError(
            f"Key {shown_id(key_id)} is not wrapped by the key service: its file shows it in the clear. "
            "Make a wrapped file: manage.py make_master_key NEW_FILE --from THIS_FILE."
        )
    wrapped = _strict_base64(encoded.removeprefix(_WRAPPED))
    if not wrapped:
        raise KeyringError(f"Key {shown_id(key_id)} is not strict base64. Put back the original line.")
    try:
        return service.unwrap(wrapped, master_key_context(key_id))
    except KeyringError as error:
        raise KeyringError(f"Key {shown_id(key_id)}: {error}") from None


def _strict_base64(encoded: str) -> bytes | None:
    with suppress(ValueError):
        decoded = base64.b64decode(encoded, validate=True)
        # b64decode ignores stray bits in the padding, but a key must have exactly one spelling.
        return decoded if base64.b64encode(decoded).decode() == encoded else None
    return None
