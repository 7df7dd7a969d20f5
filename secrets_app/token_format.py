"""The text of a token: `neo_sk_` for machines or `neo_task_` for one task, 32 random characters, 6 of checksum.

Prefix and checksum let scanners recognise one that has leaked, and let us refuse a mistyped one without a query.
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
    """A new token: 190 bits from the operating system."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return prefix + body + _checksum(body)


def is_well_formed(text: str, prefix: str = PREFIX) -> bool:
    """Whether `text` has the form of a token of this kind and its checksum is right."""
    if not text.startswith(prefix) or not _FORM.fullmatch(text):
        return False
    body = text.removeprefix(prefix)
    return _checksum(body[:-CHECKSUM_CHARACTERS]) == body[-CHECKSUM_CHARACTERS:]


def shown(token: str) -> str:
    """The first characters, which are stored to recognise the token by."""
    return token[: -(RANDOM_CHARACTERS + CHECKSUM_CHARACTERS) + SHOWN_CHARACTERS]


def digest(token: str) -> str:
    """What is stored of a token. A plain SHA-256: nobody guesses 190 random bits, so nothing needs slowing down."""
    return sha256(token.encode()).hexdigest()


def _checksum(body: str) -> str:
    """CRC-32 in base 62, left-padded with zeros."""
    number, text = zlib.crc32(body.encode()), ""
    while number:
        number, remainder = divmod(number, len(_ALPHABET))
        text = _ALPHABET[remainder] + text
    return text.rjust(CHECKSUM_CHARACTERS, "0")
