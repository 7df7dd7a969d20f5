"""Folders with files of values: a killed run's is removed at the next start, one in use is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo_cli.running import files
from tests.neo_cli.command import Neo


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "IN_MEMORY", (str(tmp_path), None, "/does/not/exist"))
    monkeypatch.setattr(files, "ON_DISK", ())
    return tmp_path


def stale(base: Path) -> Path:
    folder = base / f"{files.PREFIX}abcdefgh"
    folder.mkdir(mode=0o700)
    (folder / "KEY").write_text("value")
    return folder


def test_folder_of_a_killed_run_is_removed(base: Path) -> None:
    left = stale(base)
    files.remove_stale_files()
    assert not left.exists()


def test_folder_in_use_and_folders_of_others_stay(base: Path) -> None:
    (base / "other").mkdir()
    (base / f"{files.PREFIX}link").symlink_to(base / "other")
    (base / f"{files.PREFIX}file").touch()
    with files.secret_files({"KEY": "value"}) as paths:
        files.remove_stale_files()
        assert Path(paths["KEY"]).read_text() == "value"
    assert sorted(each.name for each in base.iterdir()) == [f"{files.PREFIX}file", f"{files.PREFIX}link", "other"]


def test_each_run_removes_what_killed_ones_left(runner: Neo, tmp_path: Path) -> None:
    left = stale(tmp_path)
    assert runner.process("run", "--", "true", variables={"TMPDIR": str(tmp_path)}).code == 0
    assert not left.exists()
