"""Key services, which wrap the master keys of a key file, so that the file alone opens nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from secrets_app.crypto.aws_kms import ARN_FORM, AwsKms, is_key_arn
from secrets_app.crypto.errors import KeyringError


class KeyService(Protocol):
    """One key of a key management service, which never gives that key away.

    Both methods raise KeyringError, which says what to do and holds no key material, when the service refuses or does
    not answer. They are called when keys are loaded or made, and never for a request.
    """

    @property
    def key_id(self) -> str:
        """The id of the key that wraps and unwraps; anything that another key wrapped is refused."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Return `key` encrypted and bound to `context`."""

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Return the key that this key wrapped for exactly this `context`."""


class ServiceKind(NamedTuple):
    """A key management service: the form of its references, as messages show it, and the class that speaks to it."""

    form: str
    is_reference: Callable[[str], bool]
    service: Callable[[str], KeyService]


# Another service is a module of its own and one line here. No reference may fit two lines.
SERVICE_KINDS = [
    ServiceKind(f"the whole ARN of a key of AWS KMS ({ARN_FORM})", is_key_arn, AwsKms),
]


def key_service(reference: str) -> KeyService:
    """Return the service that holds the key which `reference` names. Calls no network.

    Raises KeyringError for an unknown reference, and when the service is not installed or its configuration is wrong.
    """
    for kind in SERVICE_KINDS:
        if kind.is_reference(reference):
            return kind.service(reference)
    forms = " or ".join(kind.form for kind in SERVICE_KINDS)
    raise KeyringError(f"The reference to a key service is not valid (not shown, in case it is a key). Give {forms}.")


def master_key_context(key_id: str) -> dict[str, str]:
    """Return what a wrapped master key is bound to. It is not secret: services log it, and policies can require it."""
    return {"application": "neo-secrets", "purpose": "master-key", "master-key-id": key_id}
