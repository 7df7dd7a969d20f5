"""Encryption at rest, bytes in and bytes out. Nothing here knows Django.

A master key (Keyring) wraps data keys; a data key (DataKeyCipher) seals the fields of secrets. Every
output starts with two bytes that name its format and version.
"""

from secrets_app.crypto.aws_kms import AwsKms
from secrets_app.crypto.envelope import DataKeyCipher, SecretContext, blob_key_bytes, blob_key_id, new_data_key
from secrets_app.crypto.errors import CryptoError, KeyringError, OpenFailed, UnknownKey
from secrets_app.crypto.framing import frame
from secrets_app.crypto.key_files import (
    create_private,
    generate_key_line,
    keyring_from_file,
    keyring_from_text,
    new_master_key,
    rewritten_key_lines,
)
from secrets_app.crypto.key_material import EXAMPLE_KEY, KEY_BYTES, MasterKey
from secrets_app.crypto.key_services import KeyService, key_service
from secrets_app.crypto.keyring import KeyProvider, Keyring
from secrets_app.crypto.tags import TAG_BYTES, TagKey

__all__ = [
    "EXAMPLE_KEY",
    "KEY_BYTES",
    "TAG_BYTES",
    "AwsKms",
    "CryptoError",
    "DataKeyCipher",
    "KeyProvider",
    "KeyService",
    "Keyring",
    "KeyringError",
    "MasterKey",
    "OpenFailed",
    "SecretContext",
    "TagKey",
    "UnknownKey",
    "blob_key_bytes",
    "blob_key_id",
    "create_private",
    "frame",
    "generate_key_line",
    "key_service",
    "keyring_from_file",
    "keyring_from_text",
    "new_data_key",
    "new_master_key",
    "rewritten_key_lines",
]
