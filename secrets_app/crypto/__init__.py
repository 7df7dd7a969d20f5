"""Encryption at rest, bytes in and bytes out. Nothing here knows Django.

A master key (Keyring) wraps data keys; a data key (DataKeyCipher) seals the fields of secrets. Every
output starts with two bytes that name its format and version.
"""

from .aws_kms import AwsKms, is_key_arn
from .envelope import DataKeyCipher, SecretContext, blob_key_id, new_data_key
from .errors import CryptoError, KeyringError, OpenFailed, UnknownKey
from .framing import frame
from .key_files import (
    create_private,
    generate_key_line,
    keyring_from_file,
    keyring_from_text,
    new_master_key,
    rewritten_key_lines,
)
from .key_services import KeyService
from .keyring import KeyProvider, Keyring
from .keys import EXAMPLE_KEY, KEY_BYTES, MasterKey
from .tags import TAG_BYTES, TagKey

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
    "blob_key_id",
    "create_private",
    "frame",
    "generate_key_line",
    "is_key_arn",
    "keyring_from_file",
    "keyring_from_text",
    "new_data_key",
    "new_master_key",
    "rewritten_key_lines",
]
