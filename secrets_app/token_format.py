"""The text of a token: `neo_sk_` for machines or `neo_task_` for one task, 32 random characters, 6 of checksum.

Prefix and checksum let scanners recognise a leaked token, and let us refuse a mistyped one without a query.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from hashlib import sha256

PREFIX = "neo_sk_"
TASK_PREFIX = "neo_task_"
PATTERN = r"neo_sk_[0-9A-Za-z]{38}"
TASK_PATTERN = r"neo_task_[0-9A-Za-z]{38}"
SHOWN_CHARACTERS = 5
RANDOM_CHARACTERS = 32
CHECKSUM_CHARACTERS = 6

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM = re.compile(rf"{PATTERN}|{TASK_PATTERN}")


def new_token(prefix: str = PREFIX) -> str:
    """Return a new token with 190 random bits from the operating system."""
    # One number for all characters, since each one drawn by itself asks the operating system again.
    body = _in_base_62(secrets.randbelow(len(_ALPHABET) ** RANDOM_CHARACTERS), RANDOM_CHARACTERS)
    return prefix + body + _checksum(body)


def is_well_formed(text: str, prefix: str = PREFIX) -> bool:
    """Return whether `text` has the form of a token with this prefix and the right checksum."""
    if not text.startswith(prefix) or not _FORM.fullmatch(text):
        return False
    body = text.removeprefix(prefix)
    return _checksum(body[:-CHECKSUM_CHARACTERS]) == body[-CHECKSUM_CHARACTERS:]


def shown(token: str) -> str:
    """Return the first characters, which are stored so that people can recognise the token."""
    return token[: -(RANDOM_CHARACTERS + CHECKSUM_CHARACTERS) + SHOWN_CHARACTERS]


def digest(token: str) -> str:
    """Return what is stored of a token: its SHA-256. 190 random bits cannot be guessed, so no slow hash is needed."""
    return sha256(token.encode()).hexdigest()


def fingerprint(stored: str) -> str:
    """Return by what audit events know a token from its stored digest, so that an exchanged digest shows."""
    return sha256(stored.encode()).hexdigest()[:32]


def _checksum(body: str) -> str:
    """Return the CRC-32 of `body` in base 62."""
    return _in_base_62(zlib.crc32(body.encode()), CHECKSUM_CHARACTERS)


def _in_base_62(number: int, length: int) -> str:
    """Return `number` in so many characters, padded with zeros on the left."""
    text = ""
    while number:
        number, remainder = divmod(number, len(_ALPHABET))
        text = _ALPHABET[remainder] + text
    return text.rjust(length, "0")
