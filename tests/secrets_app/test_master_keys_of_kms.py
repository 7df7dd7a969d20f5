"""A site whose master keys are wrapped by AWS KMS: made by the command, loaded by the settings, checked, used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError

from secrets_app import vault
from secrets_app.crypto import AwsKms, UnknownKey, keyring_from_file
from secrets_app.errors import KeyUnavailable
from secrets_app.master_keys import check_master_keys, key_provider
from tests.cast import CANARY, make_secret
from tests.kms import A_KEY, Kms
from tests.refusals import refusal_of
from tests.secrets_app.conftest import forget_keys

pytestmark = pytest.mark.usefixtures("fresh_process")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "master.keys"


@pytest.fixture
def kms_key(kms: Kms, key_file: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of the service, named in the settings, which name a key file that is not there yet."""
    for name, value in kms.environment.items():
        monkeypatch.setenv(name, value)
    arn = kms.new_key()
    settings.SECRETS_APP = settings.SECRETS_APP | {
        "KEY_PROVIDER": "kms",
        "KEY_FILE": str(key_file),
        "KMS_KEY": arn,
    }
    return arn


def found() -> dict[str | None, str]:
    return {message.id: message.msg for message in run_checks() if message.id != "urls.W005"}


def test_the_command_makes_a_wrapped_file_that_the_site_uses(kms_key: str, key_file: Path, member: Any) -> None:
    call_command("make_master_key", key_file, "--id", "first")
    assert key_file.read_text().startswith("first:kms:")
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert found() == {}
    secret = make_secret(member)
    forget_keys()
    check_master_keys()
    assert key_provider().active_key_id == "first"
    assert vault.open_value(secret).reveal() == CANARY


def test_keys_in_use_are_wrapped_later_and_open_what_they_sealed(
    kms_key: str, key_file: Path, member: Any, settings: Any, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.keys"
    call_command("make_master_key", plain, "--plain")
    wrapped_by_kms = settings.SECRETS_APP
    settings.SECRETS_APP = wrapped_by_kms | {"KEY_PROVIDER": "file", "KEY_FILE": str(plain)}
    secret = make_secret(member)
    call_command("make_master_key", key_file, "--from", plain)
    settings.SECRETS_APP = wrapped_by_kms
    forget_keys()
    check_master_keys()
    assert vault.open_value(secret).reveal() == CANARY


def test_keys_move_to_another_key_of_the_service_and_out_of_it(
    kms: Kms, kms_key: str, key_file: Path, tmp_path: Path, settings: Any
) -> None:
    other, moved, plain = kms.new_key(), tmp_path / "moved.keys", tmp_path / "plain.keys"
    call_command("make_master_key", key_file)
    call_command("make_master_key", moved, "--from", key_file, "--kms-key", other)
    canary = keyring_from_file(key_file, AwsKms(kms_key))
    active = canary.active_key_id
    assert keyring_from_file(moved, AwsKms(other)).seal_canary(active) == canary.seal_canary(active)
    settings.SECRETS_APP = settings.SECRETS_APP | {"KMS_KEY": other}
    call_command("make_master_key", plain, "--from", moved, "--plain")
    assert keyring_from_file(plain).seal_canary(active) == canary.seal_canary(active)


def test_an_existing_file_is_kept_and_the_service_not_asked(kms_key: str, key_file: Path, kms: Kms) -> None:
    key_file.write_text("anything")
    with pytest.raises(CommandError, match="left as it is"):
        call_command("make_master_key", key_file, "--kms-key", A_KEY)
    assert key_file.read_text() == "anything"


def test_what_the_service_refuses_makes_no_file(kms_key: str, key_file: Path) -> None:
    with pytest.raises(CommandError, match="AWS KMS has no such key"):
        call_command("make_master_key", key_file, "--kms-key", A_KEY)
    assert not key_file.exists()


def test_a_lost_service_key_fails_the_check_and_means_unavailable(
    kms_key: str, key_file: Path, member: Any, settings: Any
) -> None:
    call_command("make_master_key", key_file)
    secret = make_secret(member)
    settings.SECRETS_APP = settings.SECRETS_APP | {"KMS_KEY": A_KEY}
    forget_keys()
    assert list(found()) == ["secrets_app.E001"]
    assert "line 1" in found()["secrets_app.E001"]
    assert refusal_of(vault.open_value, secret) is KeyUnavailable


@pytest.mark.parametrize("key", ["", "alias/neo", A_KEY[:-1] + "\n"])
def test_a_key_that_is_not_named_by_its_arn_is_an_error(kms_key: str, key: str, settings: Any, key_file: Path) -> None:
    call_command("make_master_key", key_file)
    settings.SECRETS_APP = settings.SECRETS_APP | {"KMS_KEY": key}
    assert "whole ARN" in found()["secrets_app.E001"]


def test_a_plain_file_is_refused(kms_key: str, key_file: Path) -> None:
    call_command("make_master_key", key_file, "--plain")
    assert "is not wrapped by the key service" in found()["secrets_app.E001"]


def test_a_needed_key_that_another_file_does_not_hold_is_refused(kms_key: str, key_file: Path, member: Any) -> None:
    call_command("make_master_key", key_file, "--id", "needed")
    make_secret(member)
    key_file.unlink()
    call_command("make_master_key", key_file, "--id", "other")
    forget_keys()
    with pytest.raises(UnknownKey, match="'needed'"):
        check_master_keys()


def test_the_service_is_asked_at_the_start_and_for_no_request(
    kms_key: str, key_file: Path, member: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("make_master_key", key_file)
    check_master_keys()
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:1")
    monkeypatch.setattr(AwsKms, "_ask", None)
    for user in (member, stranger):
        assert vault.open_value(make_secret(user)).reveal() == CANARY
