"""AWS KMS as a KeyService, through boto3, which is imported when a key is named and not before.

Credentials, and another address than Amazon's, come from where boto3 looks for them (``AWS_…``). Each call ends within
seconds.
"""

import ipaddress
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from .errors import KeyringError

_ARN = re.compile(r"arn:aws[a-z-]{0,20}:kms:([a-z0-9-]{4,30}):[0-9]{12}:key/[A-Za-z0-9-]{1,64}")

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 2, 3, 2

_DENIED = "AWS KMS denies this process {action}. Allow it to its role, for the key of the settings."
_CREDENTIALS = (
    "AWS KMS needs credentials that are there and valid. Give this process a role, or mend its AWS_… variables."
)
_LATER = "AWS KMS does not answer. Check the network, the region and AWS_ENDPOINT_URL_KMS, and start again."
_OTHER_KEY = (
    "It was wrapped by another key of AWS KMS than that of the settings. Name that one, or put back the right file."
)
_ELSE = "AWS KMS refuses it with {code!a}; its documentation says what that is."
_REFUSED = {
    "AccessDeniedException": _DENIED,
    "InvalidCiphertextException": "AWS KMS does not open it: it is damaged, or was wrapped for another id. "
    "Put back the line as it was made.",
    "IncorrectKeyException": _OTHER_KEY,
    "NotFoundException": "AWS KMS has no such key. Correct the ARN in the settings.",
    "DisabledException": "The key of AWS KMS is disabled. Enable it.",
    "KMSInvalidStateException": "The key of AWS KMS cannot be used as it is. Is its deletion pending? Cancel that now: "
    "afterwards nothing opens what it has wrapped.",
    "InvalidKeyUsageException": "The key of AWS KMS is not for encryption. Make a symmetric one, ENCRYPT_DECRYPT.",
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
    """Whether this is the whole ARN of a key. Aliases are refused: they can be pointed at another key."""
    return _ARN.fullmatch(text) is not None


class AwsKms:
    """One symmetric key of AWS KMS, by its ARN, which also names the region. Implements KeyService."""

    def __init__(self, key_arn: str) -> None:
        """Raises KeyringError for what is no ARN of a key, without boto3, or under an AWS configuration it refuses."""
        arn = _ARN.fullmatch(key_arn)
        if arn is None:
            raise KeyringError("Name the key of AWS KMS by its whole ARN: arn:aws:kms:REGION:ACCOUNT:key/ID.")
        self._key_arn = key_arn
        self._client = _client(arn[1])

    @property
    def key_id(self) -> str:
        """The ARN."""
        return self._key_arn

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        """By ``Encrypt``."""
        blob: bytes = self._ask("Encrypt", context, Plaintext=key)["CiphertextBlob"]
        return blob

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """By ``Decrypt``, with this key and no other."""
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
        # Outside the handler: what boto3 raises may hold the request.
        raise KeyringError(reason)


def _client(region: str) -> Any:
    try:
        import boto3.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise KeyringError("AWS KMS needs the package boto3: pip install 'neo-secrets[kms]'.") from None
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        client = boto3.session.Session().client("kms", region_name=region, config=config)
    except (BotoCoreError, ValueError):
        raise KeyringError("boto3 does not take the AWS configuration. Mend the AWS_… variables and ~/.aws.") from None
    if not _is_private_way(client.meta.endpoint_url):
        raise KeyringError("AWS_ENDPOINT_URL_KMS must begin with https://: keys would cross the network in the clear.")
    return client


def _is_private_way(url: str) -> bool:
    """TLS, or an address of this very machine."""
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


def _is_not_ours_to_hide(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG or not _asking.get()


@contextmanager
def _unlogged() -> Iterator[None]:
    """At DEBUG botocore logs requests and answers whole, keys among them: not during these calls, whatever is set."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("boto3", "botocore"):
            logging.getLogger(name).addFilter(_is_not_ours_to_hide)
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)
