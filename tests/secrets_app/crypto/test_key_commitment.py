"""A ciphertext that opens under two keys, which AES-GCM allows, and which a blob refuses by its commitment.

The attack is the known one ("invisible salamanders"): a GCM tag is a polynomial in the authentication key, linear in
each block of the ciphertext. So one free block can be solved for such that the tags under two keys are equal.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from secrets_app.crypto import DataKeyCipher, OpenFailed, SecretContext
from secrets_app.crypto.envelope import V1, V2

DEK_ID = UUID("6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0")
CONTEXT = SecretContext("value", UUID("0190a1b2-c3d4-4e5f-8a6b-7c8d9eafb0c1"), "user:7", 3)
KEYS = (bytes(range(32)), bytes(range(32, 64)))
NONCE = bytes(12)
BLOCK = 16
FIELD = 0xE1 << 120


def multiplied(one: int, other: int) -> int:
    """Return the product in the field of GCM (NIST SP 800-38D, 6.3), whose bits run from the left."""
    product = 0
    for bit in range(127, -1, -1):
        product ^= one * (other >> bit & 1)
        one = one >> 1 ^ FIELD * (one & 1)
    return product


def power(base: int, exponent: int) -> int:
    result = 1 << 127
    while exponent:
        result = multiplied(result, base) if exponent & 1 else result
        base, exponent = multiplied(base, base), exponent >> 1
    return result


def encrypted_block(key: bytes, block: bytes) -> int:
    return int.from_bytes(Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block))  # noqa: S305  (one block)


def blocks_of(data: bytes) -> list[int]:
    padded = data + bytes(-len(data) % BLOCK)
    return [int.from_bytes(padded[at : at + BLOCK]) for at in range(0, len(padded), BLOCK)]


def ciphertext_under_two_keys(aad: bytes, tail: bytes) -> bytes:
    """Return a ciphertext with its tag that is valid under both keys; its first block is solved for."""
    lengths = (8 * len(aad) << 64) | 8 * (BLOCK + len(tail))
    terms = [*blocks_of(aad), 0, *blocks_of(tail), lengths]
    constant = coefficient = 0
    for key in KEYS:
        authentication_key = encrypted_block(key, bytes(BLOCK))
        constant ^= encrypted_block(key, NONCE + (1).to_bytes(4))
        for position, term in enumerate(terms):
            constant ^= multiplied(term, power(authentication_key, len(terms) - position))
        coefficient ^= power(authentication_key, len(terms) - len(blocks_of(aad)))
    free = multiplied(constant, power(coefficient, 2**128 - 2))
    body = free.to_bytes(BLOCK) + tail
    # The tag as GCM computes it: encrypting what the body decrypts to under one key gives the body, and its tag.
    stream = Cipher(algorithms.AES(KEYS[0]), modes.CTR(NONCE + (2).to_bytes(4))).encryptor()
    sealed = AESGCM(KEYS[0]).encrypt(NONCE, stream.update(body), aad)
    assert sealed[: len(body)] == body
    return sealed


def ciphers() -> list[DataKeyCipher]:
    return [DataKeyCipher(DEK_ID, key) for key in KEYS]


def opened(blob: bytes) -> list[bool]:
    """Return for each key whether it opens the blob."""
    results = []
    for cipher in ciphers():
        try:
            cipher.open(blob, CONTEXT)
            results.append(True)
        except OpenFailed:
            results.append(False)
    return results


def test_without_a_commitment_both_keys_open_it() -> None:
    """The control: the forgery is right, and blobs of the former version have no defence against it."""
    header = V1 + DEK_ID.bytes
    blob = header + NONCE + ciphertext_under_two_keys(CONTEXT.aad(header), b"a tail of any length")
    assert opened(blob) == [True, True]
    first, second = (cipher.open(blob, CONTEXT) for cipher in ciphers())
    assert first != second


@pytest.mark.parametrize("committed", [0, 1])
def test_with_a_commitment_one_key_opens_it_and_the_other_refuses(committed: int) -> None:
    header = ciphers()[committed].seal(b"", CONTEXT)[:50]
    assert header.startswith(V2 + DEK_ID.bytes)
    blob = header + NONCE + ciphertext_under_two_keys(CONTEXT.aad(header), b"a tail of any length")
    assert opened(blob) == [committed == 0, committed == 1]
    other = ciphers()[1 - committed].seal(b"", CONTEXT)[18:50]
    assert opened(blob[:18] + other + blob[50:]) == [False, False]
