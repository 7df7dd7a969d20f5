"""Key services: each reference finds its service, and another service is one line."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from secrets_app.crypto import AwsKms, KeyringError, key_service
from secrets_app.crypto.key_services import SERVICE_KINDS, ServiceKind
from tests.kms import A_KEY


class Reversing:
    """A service that stands for another one; only its contract counts here."""

    def __init__(self, reference: str) -> None:
        self.key_id = reference

    def wrap(self, key: bytes, context: Mapping[str, str]) -> bytes:
        return key[::-1] + context["master-key-id"].encode()

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        return wrapped.removesuffix(context["master-key-id"].encode())[::-1]


REVERSING = ServiceKind("reversing:NAME", lambda reference: reference.startswith("reversing:"), Reversing)


def test_an_arn_names_a_key_of_aws_kms() -> None:
    service = key_service(A_KEY)
    assert isinstance(service, AwsKms)
    assert service.key_id == A_KEY


@pytest.mark.parametrize("reference", ["", "alias/neo", A_KEY.replace(":key/", ":alias/"), A_KEY + "\n", "hunter2"])
def test_an_unknown_reference_is_refused_and_the_forms_named(reference: str) -> None:
    with pytest.raises(KeyringError) as refused:
        key_service(reference)
    assert str(refused.value) == (
        "The reference to a key service is not valid (not shown, in case it is a key). "
        "Give the whole ARN of a key of AWS KMS (arn:aws:kms:REGION:ACCOUNT:key/ID)."
    )


def test_another_service_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets_app.crypto.key_services.SERVICE_KINDS", [*SERVICE_KINDS, REVERSING])
    assert key_service("reversing:one").key_id == "reversing:one"
    assert isinstance(key_service(A_KEY), AwsKms)
    with pytest.raises(KeyringError, match=r"key/ID\) or reversing:NAME\.$"):
        key_service("other:one")
