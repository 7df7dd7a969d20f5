"""Tokens of invitations. A token proves that its holder received the invitation's mail, or got it from its reader."""

from __future__ import annotations

import secrets
from hashlib import sha256

RANDOM_BYTES = 32


def new_token() -> str:
    """Return a new token: 256 random bits of the operating system as 43 characters that are safe in URLs."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def digest(token: str) -> str:
    """Return the digest to store of a token: plain SHA-256, since 256 random bits need no slow hash."""
    return sha256(token.encode()).hexdigest()
