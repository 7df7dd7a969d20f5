"""Errors about keys and ciphertexts. Their messages never hold key material or plaintext."""

from __future__ import annotations


class CryptoError(Exception):
    """The base of every error that this package raises on purpose."""


class OpenFailed(CryptoError):
    """A ciphertext, wrapped key or key check value was refused.

    Deliberately one error for every cause (damaged, moved, forged, sealed under another key): a reason
    would be an oracle. It takes no arguments, so no caller can put data into it.
    """

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return "The ciphertext cannot be opened."


class KeyringError(CryptoError):
    """An error in the configured keys. The message says what to do and names key ids, never key material."""


class UnknownKey(KeyringError):
    """A master key is needed that the keyring does not hold; `key_id` is its id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id

    def __str__(self) -> str:
        # The id was read from a row: ascii() keeps newlines and terminal escapes out of the log.
        return (
            f"Master key {self.key_id!a} is needed and not in the keyring. "
            "Put the key back under the same id: without it, nothing that it protects can be opened."
        )
