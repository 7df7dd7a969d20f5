"""NEO_SECRET_KEY and NEO_SIGNING_KEY: from the environment, or from a file as private as that of the master keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.signing_keys import KeyReader

pytestmark = pytest.mark.once
KEY = "0123456789-abcdefghij-0123456789-xyz"


def read(folder: Path, *, development: bool = False) -> str:
    return KeyReader(FileAwareEnv(), folder, development=development).read("NEO_SIGNING_KEY", file="signing.key")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "signing.key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def test_a_private_file_is_read_before_the_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_SIGNING_KEY", KEY[::-1])
    assert read(file.parent) == KEY[::-1]
    monkeypatch.setenv("NEO_SIGNING_KEY_FILE", str(file))
    assert read(file.parent) == KEY


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
@pytest.mark.parametrize("development", [False, True])
def test_a_file_that_others_can_read_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, development: bool
) -> None:
    file.chmod(mode)
    monkeypatch.setenv("NEO_SIGNING_KEY_FILE", "" if development else str(file))
    with pytest.raises(ImproperlyConfigured, match=rf"mode {mode:04o}\)\. Run: chmod 600 ") as refused:
        read(file.parent, development=development)
    assert KEY not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_SIGNING_KEY_FILE", "/nowhere/signing.key")
    with pytest.raises(ImproperlyConfigured, match=r"There is no key file at /nowhere/signing\.key\. Restore it"):
        read(tmp_path)
