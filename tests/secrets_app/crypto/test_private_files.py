"""Files of keys as other machines hand them out: root's, a group's, a link's, on a file system that is read-only."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from secrets_app.crypto import private_files
from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.private_files import is_private, read_private

pytestmark = pytest.mark.once
CONTENT = "a key that no message shows"


@pytest.fixture
def secret_volume(tmp_path: Path) -> Path:
    """The file of a secret volume, as kubelet lays it out."""
    (tmp_path / "..2026_11_28").mkdir()
    (tmp_path / "..2026_11_28" / "signing.key").write_text(CONTENT)
    (tmp_path / "..data").symlink_to("..2026_11_28")
    (tmp_path / "signing.key").symlink_to("..data/signing.key")
    return tmp_path / "signing.key"


def owned_by(monkeypatch: pytest.MonkeyPatch, *, owner: str, reader: str, read_only: bool = False) -> None:
    """Let the file, whose owner runs this test, belong to root, to the reader or to a third user."""
    mine = os.geteuid()
    monkeypatch.setattr(private_files, "ROOT", mine if owner == "root" else mine + 1)
    readers = {"root": private_files.ROOT, "owner": mine, "another": mine + 2}
    monkeypatch.setattr(os, "geteuid", lambda: readers[reader])
    if read_only:
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))


CASES = [
    ("root", "another", False, 0o440, True),
    ("root", "another", False, 0o640, True),
    ("root", "another", False, 0o400, True),
    ("root", "root", True, 0o440, True),
    ("somebody", "owner", True, 0o640, True),
    ("somebody", "another", True, 0o440, True),
    ("somebody", "another", False, 0o440, False),
    ("somebody", "owner", False, 0o440, False),
    ("somebody", "root", False, 0o640, False),
    *[
        ("root", "another", False, mode, False)
        for mode in (0o444, 0o644, 0o460, 0o450, 0o404, 0o660, 0o604, 0o640 | 0o001)
    ],
    *[("root", "another", True, mode, False) for mode in (0o444, 0o644, 0o460, 0o404)],
]


@pytest.mark.parametrize(("owner", "reader", "read_only", "mode", "accepted"), CASES)
def test_a_group_reads_only_what_the_reader_cannot_change(
    secret_volume: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: str,
    reader: str,
    read_only: bool,
    mode: int,
    accepted: bool,
) -> None:
    secret_volume.chmod(mode)
    owned_by(monkeypatch, owner=owner, reader=reader, read_only=read_only)
    assert is_private(secret_volume) == accepted


def test_a_secret_volume_is_read_through_its_links(secret_volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret_volume.chmod(0o440)
    owned_by(monkeypatch, owner="root", reader="another")
    assert read_private(str(secret_volume), variable="NEO_SIGNING_KEY") == CONTENT


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        (
            {"owner": "root", "reader": "another"},
            "`defaultMode`, with an fsGroup), or put what the file holds into NEO_X.",
        ),
        ({"owner": "somebody", "reader": "owner"}, "Run: chmod 600 "),
        ({"owner": "somebody", "reader": "owner", "read_only": True}, "or put what the file holds into NEO_X."),
    ],
    ids=["root's", "the reader's", "read-only"],
)
def test_the_advice_can_be_followed(
    secret_volume: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], advice: str
) -> None:
    secret_volume.chmod(0o644)
    owned_by(monkeypatch, **given)
    with pytest.raises(KeyringError, match=r"is open to other users \(mode 0644\)\. ") as refused:
        read_private(str(secret_volume), variable="NEO_X")
    assert advice in str(refused.value)
    assert CONTENT not in str(refused.value)
