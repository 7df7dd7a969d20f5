"""The compact form of a signed token (RFC 7515 section 7.1), read strictly and not verified."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from neo_base.rest.parsers import InvalidBody, parse_object

# The last second that a datetime can hold; the libraries would overflow on a later one.
LATEST = 253_402_300_799
# Libraries also accept padding and stray last bits, which would give one token several spellings.
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Unverified:
    """The content of a token that nobody has verified. Nothing may rely on it before that."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


def read_unverified(token: str, *, max_characters: int) -> Unverified | None:
    """Return header and claims of `token`, or None unless it has the one form that a token may have."""
    segments = token.split(".", 3)
    if len(token) > max_characters or len(segments) != 3:
        return None
    header, claims, signature = (_decoded(segment) for segment in segments)
    if header is None or claims is None or signature is None:
        return None
    header_object, claims_object = json_object(header), json_object(claims)
    if header_object is None or claims_object is None:
        return None
    return Unverified(header_object, claims_object)


def json_object(raw: bytes) -> dict[str, Any] | None:
    """Return the JSON object in `raw`, read as strictly as the body of a request; None for anything else."""
    try:
        return parse_object(raw)
    except InvalidBody:
        return None


def is_time(value: Any) -> bool:
    """Return whether `value` is a NumericDate in whole seconds."""
    return type(value) is int and 0 <= value <= LATEST


def _decoded(segment: str) -> bytes | None:
    if not _SEGMENT.fullmatch(segment):
        return None
    try:
        content = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return content if urlsafe_b64encode(content).rstrip(b"=").decode() == segment else None
