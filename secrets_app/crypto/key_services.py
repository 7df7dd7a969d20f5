"""What wraps master keys for a key file, so that the file alone opens nothing."""

from collections.abc import Mapping
from typing import Protocol


class KeyService(Protocol):
    """One key of a key management service, which never gives that key away.

    Both methods raise KeyringError, with what to do and without key material, when the service refuses or does not
    answer. They are called when keys are loaded or made, and for no request.
    """

    @property
    def key_id(self) -> str:
        """The one key that wraps and unwraps; what another one has wrapped is refused."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Return ``key`` encrypted and bound to ``context``."""

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Return what was wrapped by this key for exactly this ``context``."""


def master_key_context(key_id: str) -> dict[str, str]:
    """What a wrapped master key is bound to. Not secret: services log it, and their policies can ask for it."""
    return {"application": "neo-secrets", "purpose": "master-key", "master-key-id": key_id}
