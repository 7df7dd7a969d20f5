"""The text of a service token: `neo_sk_`, 32 random characters, 6 characters of checksum.

Prefix and checksum let scanners recognise one that has leaked, and let us refuse a mistyped one without a query.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from hashlib import sha256

PREFIX = "neo_sk_"
PATTERN = r"neo_sk_[0-9A-Za-z]{38}"
SHOWN_CHARACTERS = len(PREFIX) + 5
RANDOM_CHARACTERS = 32
CHECKSUM_CHARACTERS = 6

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM = re.compile(PATTERN)


def new_token() -> str:
    """A new token: 190 bits from the operating system."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return PREFIX + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` has the form of a token and its checksum is right."""
    if not _FORM.fullmatch(text):
        return False
    body = text.removeprefix(PREFIX)
    return _checksum(body[:-CHECKSUM_CHARACTERS]) == body[-CHECKSUM_CHARACTERS:]


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
