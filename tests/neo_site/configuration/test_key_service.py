"""NEO_KMS_KEY: which references are accepted, and the key files that are made with one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration import key_service
from secrets_app.crypto import AwsKms, keyring_from_file
from secrets_app.crypto.key_services import SERVICE_KINDS
from tests.kms import A_KEY, Kms, environment
from tests.live.site import ROOT
from tests.live.site import environment as site_environment
from tests.secrets_app.crypto.test_key_services import REVERSING


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    running = Kms()
    yield running
    running.stop()


def read(arn: str) -> str:
    env: Any = FileAwareEnv()
    env.ENVIRON = {"NEO_KMS_KEY": arn}
    return key_service.kms_key(env)


@pytest.mark.parametrize("arn", ["", A_KEY])
def test_an_arn_is_accepted(arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO_MASTER_KEYS", raising=False)
    assert read(arn) == arn


@pytest.mark.parametrize("text", ["alias/neo", A_KEY.replace(":key/", ":alias/"), "hunter2"])
def test_anything_else_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^NEO_KMS_KEY: .* Give the whole ARN") as refused:
        read(text)
    assert text not in str(refused.value)


def test_keys_in_the_environment_beside_it_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_MASTER_KEYS", "one:hunter2")
    with pytest.raises(ImproperlyConfigured, match="Unset one of them") as refused:
        read(A_KEY)
    assert "hunter2" not in str(refused.value)


def test_without_the_package_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO_MASTER_KEYS", raising=False)
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(ImproperlyConfigured, match=r"needs the package boto3\. Run: pip install -r requirements-kms"):
        read(A_KEY)


def test_the_reference_of_another_service_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEO_MASTER_KEYS", raising=False)
    monkeypatch.setattr("secrets_app.crypto.key_services.SERVICE_KINDS", [*SERVICE_KINDS, REVERSING])
    assert read("reversing:one") == "reversing:one"


def make(directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neo_site.keys", str(directory)],
        cwd=ROOT,
        env=site_environment(directory, **variables),
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_files_are_made_with_a_wrapped_key(kms: Kms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = kms.new_key()
    first = make(tmp_path / "data", **kms.environment, NEO_KMS_KEY=arn)
    assert first.returncode == 0, first.stderr
    path = tmp_path / "data" / "master.keys"
    assert ":kms:" in path.read_text()
    for name, value in kms.environment.items():
        monkeypatch.setenv(name, value)
    assert len(keyring_from_file(path, AwsKms(arn)).key_ids) == 1


def test_no_service_is_asked_when_the_files_exist(tmp_path: Path) -> None:
    assert make(tmp_path).returncode == 0
    again = make(tmp_path, **environment("http://127.0.0.1:1"), NEO_KMS_KEY=A_KEY)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_service_that_refuses_leaves_one_sentence_and_no_key(kms: Kms, tmp_path: Path) -> None:
    refused = make(tmp_path, **kms.environment, NEO_KMS_KEY=A_KEY)
    assert refused.returncode == 1
    assert refused.stderr == "No master key was made: AWS KMS has no such key. Correct the ARN in the settings.\n"
    assert not (tmp_path / "master.keys").exists()
