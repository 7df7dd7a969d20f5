"""AWS KMS as a KeyService, through boto3, which is imported only when a key is named.

boto3 finds the credentials, and an address other than Amazon's, in its usual places (`AWS_…`). Each call ends within
seconds.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from secrets_app.crypto.errors import KeyringError

ARN_FORM = "arn:aws:kms:REGION:ACCOUNT:key/ID"
_ARN = re.compile(r"arn:aws[a-z-]{0,20}:kms:([a-z0-9-]{4,30}):[0-9]{12}:key/[A-Za-z0-9-]{1,64}")

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 2, 3, 2

_DENIED = "AWS KMS denies this process {action}. Allow it for the role of the process and the key in the settings."
_CREDENTIALS = "AWS KMS needs valid credentials. Give this process a role, or correct its AWS_… variables."
_LATER = "AWS KMS does not answer. Check the network, the region and AWS_ENDPOINT_URL_KMS, then start again."
_OTHER_KEY = (
    "It was wrapped by a different key of AWS KMS. Name that key in the settings, or put back the right key file."
)
_NO_BOTO3 = (
    "AWS KMS needs the package boto3. Run: pip install -r requirements-kms.txt, or in a host site "
    "pip install 'neo-secrets[kms]'."
)
_ELSE = "AWS KMS refuses it with the error {code!a}. Look that error up in the documentation of AWS KMS."
_REFUSED = {
    "AccessDeniedException": _DENIED,
    "InvalidCiphertextException": "AWS KMS cannot decrypt it: it is damaged, or was wrapped for another id. "
    "Put back the original line.",
    "IncorrectKeyException": _OTHER_KEY,
    "NotFoundException": "AWS KMS has no such key. Correct the ARN in the settings.",
    "DisabledException": "The key of AWS KMS is disabled. Enable it.",
    "KMSInvalidStateException": "The key of AWS KMS cannot be used in its current state. If its deletion is "
    "pending, cancel that now: once it is deleted, nothing can open what it wrapped.",
    "InvalidKeyUsageException": "The key of AWS KMS is not for encryption. Create a symmetric key for ENCRYPT_DECRYPT.",
    **dict.fromkeys(
        (
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "ExpiredTokenException",
            "IncompleteSignature",
        ),
        _CREDENTIALS,
    ),
    **dict.fromkeys(
        (
            "ThrottlingException",
            "KMSInternalException",
            "DependencyTimeoutException",
            "KeyUnavailableException",
            "ServiceUnavailableException",
            "InternalFailure",
        ),
        _LATER,
    ),
}


def is_key_arn(text: str) -> bool:
    """Return whether `text` is the whole ARN of a key. Aliases are not: they can be pointed at another key."""
    return _ARN.fullmatch(text) is not None


class AwsKms:
    """One symmetric key of AWS KMS, named by its ARN, which also names the region. Implements KeyService."""

    def __init__(self, key_arn: str) -> None:
        """Raise KeyringError when `key_arn` is no ARN of a key, boto3 is missing, or it refuses the configuration."""
        arn = _ARN.fullmatch(key_arn)
        if arn is None:
            raise KeyringError(f"Name the key of AWS KMS by its whole ARN: {ARN_FORM}.")
        self._key_arn = key_arn
        self._client = _client(arn[1])

    @property
    def key_id(self) -> str:
        """The ARN of the key."""
        return self._key_arn

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """Return `key` encrypted by the action `Encrypt`."""
        blob: bytes = self._ask("Encrypt", context, Plaintext=key)["CiphertextBlob"]
        return blob

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Return what `Decrypt` makes of `wrapped`; raise KeyringError when another key answers."""
        answer = self._ask("Decrypt", context, CiphertextBlob=wrapped)
        if answer.get("KeyId") != self._key_arn:
            raise KeyringError(_OTHER_KEY)
        key: bytes = answer["Plaintext"]
        return key

    def _ask(self, action: str, context: Mapping[str, str], **parameters: bytes) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        ask = self._client.encrypt if action == "Encrypt" else self._client.decrypt
        try:
            with _unlogged():
                answer: dict[str, Any] = ask(KeyId=self._key_arn, EncryptionContext=dict(context), **parameters)
                return answer
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            reason = _REFUSED.get(code, _ELSE).format(action=f"kms:{action}", code=code)
        except BotoCoreError as error:
            reason = _CREDENTIALS if _is_about_credentials(error) else _LATER
        # Raised outside the handlers, since the exceptions of boto3 may hold the request.
        raise KeyringError(reason)


def _client(region: str) -> Any:
    try:
        import boto3.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise KeyringError(_NO_BOTO3) from None
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        client = boto3.session.Session().client("kms", region_name=region, config=config)
    except (BotoCoreError, ValueError):
        raise KeyringError("boto3 refuses the AWS configuration. Correct the AWS_… variables and ~/.aws.") from None
    if not _is_private(client.meta.endpoint_url):
        raise KeyringError("AWS_ENDPOINT_URL_KMS must begin with https://. Keys would cross the network in the clear.")
    return client


def _is_private(url: str) -> bool:
    """Return whether `url` uses TLS or names an address of this machine."""
    parts = urlsplit(url)
    with suppress(ValueError):
        return parts.scheme == "https" or ipaddress.ip_address(parts.hostname or "").is_loopback
    return False


def _is_about_credentials(error: Exception) -> bool:
    from botocore import exceptions

    return isinstance(
        error,
        exceptions.NoCredentialsError
        | exceptions.PartialCredentialsError
        | exceptions.CredentialRetrievalError
        | exceptions.TokenRetrievalError,
    )


_asking = ContextVar("asking", default=False)


def _may_be_logged(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG or not _asking.get()


@contextmanager
def _unlogged() -> Iterator[None]:
    """Drop the DEBUG lines of botocore during a call: they show whole requests and answers, and keys with them."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("boto3", "botocore"):
            logging.getLogger(name).addFilter(_may_be_logged)
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)
