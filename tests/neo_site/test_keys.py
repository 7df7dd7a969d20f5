"""`python -m neo_site.keys`: what it makes and where it cannot; what it never changes."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from neo_site import keys

pytestmark = pytest.mark.once


def make(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["neo_site.keys", str(directory)])
    keys.main()


def test_it_makes_private_files_and_leaves_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "new", monkeypatch)
    made = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
    assert made.keys() == {"master.keys", "django.key", "signing.key", "epoch"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()} == {0o600}
    make(tmp_path / "new", monkeypatch)
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == made


@pytest.mark.parametrize("below", ["", "further"])
def test_a_place_for_no_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        make(tmp_path / "file" / below, monkeypatch)
    assert str(ended.value.code).startswith(f"{tmp_path / 'file' / below}: ")
    assert "Name a directory in which this user can make files." in str(ended.value.code)
