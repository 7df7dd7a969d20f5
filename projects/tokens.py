"""Tokens of invitations: who holds one was sent it, or has it from somebody who was."""

from __future__ import annotations

import secrets
from hashlib import sha256

RANDOM_BYTES = 32


def new_token() -> str:
    """A new token: 256 bits from the operating system, as 43 characters that are safe in an address."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def digest(token: str) -> str:
    """What is stored of a token. A plain SHA-256: nobody guesses 256 random bits, so nothing needs slowing down."""
    return sha256(token.encode()).hexdigest()
