"""The key of a key service that wraps the key file."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text
from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.key_services import key_service


def kms_key(env: FileAwareEnv) -> str:
    """Return the reference to the key of a key service; empty when the key file holds the master keys in the clear.

    Raises ImproperlyConfigured when no service knows the reference, when that service is not installed or its
    configuration is wrong, and when NEO_MASTER_KEYS is set too.
    """
    reference = text(env, "NEO_KMS_KEY")
    if not reference:
        return ""
    if "NEO_MASTER_KEYS" in os.environ:
        raise ImproperlyConfigured(
            "NEO_KMS_KEY is for a key file, and NEO_MASTER_KEYS gives keys in the clear. Unset one of them."
        )
    try:
        key_service(reference)
    except KeyringError as error:
        raise ImproperlyConfigured(f"NEO_KMS_KEY: {error}") from None
    return reference
