"""The message layout that data keys and master keys share, over AES-256-GCM (NIST SP 800-38D).

`message = header | nonce(12) | ciphertext | tag(16)`, `header = magic+version(2) | dek_id(16) | more, in some versions`
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC_BYTES = 2
HEADER_BYTES = MAGIC_BYTES + 16
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES

# What a hostile message or row can cause; callers turn all of it into one OpenFailed. Wrong argument
# types elsewhere are mistakes in our code and stay loud.
FAILURES = (InvalidTag, ValueError, KeyError, OverflowError)


def seal(cipher: AESGCM, header: bytes, plaintext: bytes, aad: bytes, nonce: bytes | None) -> bytes:
    """Return a message; without `nonce` a random one is drawn.

    Raises TypeError when `plaintext` is not bytes and ValueError for a nonce that is not 12 bytes.
    """
    if not isinstance(plaintext, bytes):
        raise TypeError("The plaintext must be bytes")
    nonce = os.urandom(NONCE_BYTES) if nonce is None else nonce
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"The nonce must be {NONCE_BYTES} bytes long")
    return header + nonce + cipher.encrypt(nonce, plaintext, aad)


def unseal(cipher: AESGCM, header: bytes, message: bytes, aad: bytes) -> bytes:
    """Return the plaintext of a message that begins with exactly `header`; raises one of FAILURES."""
    if not isinstance(message, bytes) or len(message) < OVERHEAD_BYTES or not message.startswith(header):
        raise ValueError("not a message, or another header")
    nonce_end = len(header) + NONCE_BYTES
    return cipher.decrypt(message[len(header) : nonce_end], message[nonce_end:], aad)
