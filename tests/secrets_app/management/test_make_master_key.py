"""`manage.py make_master_key`, and sites that live on the wrapped key files that it makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError

from secrets_app import vault
from secrets_app.crypto import AwsKms, UnknownKey, keyring_from_file
from secrets_app.crypto.key_services import SERVICE_KINDS
from secrets_app.errors import KeyUnavailable
from secrets_app.master_keys import check_master_keys, key_provider
from tests.cast import CANARY, make_secret
from tests.kms import A_KEY, Kms
from tests.refusals import refusal_of
from tests.secrets_app.conftest import forget_keys
from tests.secrets_app.crypto.test_key_services import REVERSING, Reversing

pytestmark = pytest.mark.usefixtures("fresh_process")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "master.keys"


@pytest.fixture
def kms_key(kms: Kms, key_file: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key of AWS KMS, named in the settings, and no key file yet."""
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


def test_a_site_lives_on_the_wrapped_file(kms_key: str, key_file: Path, member: Any) -> None:
    call_command("make_master_key", key_file, "--id", "first")
    assert key_file.read_text().startswith("first:kms:")
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert found() == {}
    secret = make_secret(member)
    forget_keys()
    check_master_keys()
    assert key_provider().active_key_id == "first"
    assert vault.open_value(secret).reveal() == CANARY


def test_keys_wrapped_later_open_what_they_sealed(
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


def test_keys_move_to_another_service_key_and_back_to_plain(
    kms: Kms, kms_key: str, key_file: Path, tmp_path: Path, settings: Any
) -> None:
    other, moved, plain = kms.new_key(), tmp_path / "moved.keys", tmp_path / "plain.keys"
    call_command("make_master_key", key_file)
    call_command("make_master_key", moved, "--from", key_file, "--kms-key", other)
    keyring = keyring_from_file(key_file, AwsKms(kms_key))
    active = keyring.active_key_id
    check_value = keyring.seal_check_value(active)
    assert keyring_from_file(moved, AwsKms(other)).seal_check_value(active) == check_value
    settings.SECRETS_APP = settings.SECRETS_APP | {"KMS_KEY": other}
    call_command("make_master_key", plain, "--from", moved, "--plain")
    assert keyring_from_file(plain).seal_check_value(active) == check_value


def test_an_existing_file_is_kept_and_the_service_not_asked(kms_key: str, key_file: Path, kms: Kms) -> None:
    key_file.write_text("anything")
    with pytest.raises(CommandError, match="already exists"):
        call_command("make_master_key", key_file, "--kms-key", A_KEY)
    assert key_file.read_text() == "anything"


def test_a_refusal_by_the_service_makes_no_file(kms_key: str, key_file: Path) -> None:
    with pytest.raises(CommandError, match="AWS KMS has no such key"):
        call_command("make_master_key", key_file, "--kms-key", A_KEY)
    assert not key_file.exists()


def test_a_lost_service_key_is_a_check_error_and_unavailable(
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
def test_an_invalid_reference_is_a_check_error(kms_key: str, key: str, settings: Any, key_file: Path) -> None:
    call_command("make_master_key", key_file)
    settings.SECRETS_APP = settings.SECRETS_APP | {"KMS_KEY": key}
    assert "whole ARN" in found()["secrets_app.E001"]


def test_a_plain_file_is_a_check_error(kms_key: str, key_file: Path) -> None:
    call_command("make_master_key", key_file, "--plain")
    assert "is not wrapped by the key service" in found()["secrets_app.E001"]


def test_a_needed_key_missing_from_the_file_is_refused(kms_key: str, key_file: Path, member: Any) -> None:
    call_command("make_master_key", key_file, "--id", "needed")
    make_secret(member)
    key_file.unlink()
    call_command("make_master_key", key_file, "--id", "other")
    forget_keys()
    with pytest.raises(UnknownKey, match="'needed'"):
        check_master_keys()


def test_the_service_is_asked_at_start_and_for_no_request(
    kms_key: str, key_file: Path, member: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("make_master_key", key_file)
    check_master_keys()
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:1")
    monkeypatch.setattr(AwsKms, "_ask", None)
    for user in (member, stranger):
        assert vault.open_value(make_secret(user)).reveal() == CANARY


def test_a_site_lives_on_another_service(
    key_file: Path, member: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets_app.crypto.key_services.SERVICE_KINDS", [*SERVICE_KINDS, REVERSING])
    settings.SECRETS_APP = settings.SECRETS_APP | {
        "KEY_PROVIDER": "kms",
        "KEY_FILE": str(key_file),
        "KMS_KEY": "reversing:one",
    }
    call_command("make_master_key", key_file)
    assert found() == {}
    secret = make_secret(member)
    forget_keys()
    assert vault.open_value(secret).reveal() == CANARY
    moved = tmp_path / "moved.keys"
    call_command("make_master_key", moved, "--from", key_file, "--kms-key", "reversing:two")
    assert keyring_from_file(moved, Reversing("reversing:two")).key_ids == key_provider().key_ids


def test_the_file_is_made_once_and_is_its_owners_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "master.keys"
    call_command("make_master_key", path)
    content = path.read_text()
    assert keyring_from_file(path).active_key_id in capsys.readouterr().out + content
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="already exists"):
        call_command("make_master_key", path)
    assert path.read_text() == content


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("make_master_key", tmp_path / "missing" / "master.keys")
