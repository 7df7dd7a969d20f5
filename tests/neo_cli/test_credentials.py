"""The credentials file: private, never half-written, and one use of a refresh token at a time."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from neo_cli.credentials import CredentialStore, Login, Stored
from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import NeoOf

SERVER = "https://secrets.example.org"


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "folder" / "neo")


def test_stored_login_is_loaded_again(store: CredentialStore) -> None:
    with store.locked() as stored:
        stored.current = SERVER
        stored.servers[SERVER] = Login(username="member", access="a", refresh="r")
    assert store.load() == Stored(SERVER, {SERVER: Login(username="member", access="a", refresh="r")})


def test_file_and_folder_are_private(store: CredentialStore) -> None:
    with store.locked() as stored:
        stored.current = SERVER
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {path.name for path in store.folder.iterdir()} == {"credentials.json", "credentials.lock"}


def test_file_readable_by_others_is_refused(store: CredentialStore) -> None:
    with store.locked() as stored:
        stored.current = SERVER
    store.path.chmod(0o640)
    with pytest.raises(Failure, match="chmod 600") as refused:
        store.load()
    assert refused.value.code == Exit.CONFIGURATION


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"current": "", "servers": {"x": {"y": 1}}}', "null"])
def test_damaged_file_is_refused_with_advice(store: CredentialStore, content: str) -> None:
    store.folder.mkdir(parents=True)
    store.path.touch(mode=0o600)
    store.path.write_text(content)
    with pytest.raises(Failure, match="log in again"):
        store.load()


def test_error_while_locked_leaves_the_file_unchanged(store: CredentialStore) -> None:
    with store.locked() as stored:
        stored.current = SERVER
    before = store.path.read_bytes()
    with pytest.raises(RuntimeError), store.locked() as stored:
        stored.current = "https://another.example.org"
        raise RuntimeError
    assert store.path.read_bytes() == before


def test_repr_shows_no_token() -> None:
    assert "canary" not in repr(Stored(SERVER, {SERVER: Login("member", "canary", "canary", "canary")}))


def test_expired_access_token_is_renewed(neo: Neo) -> None:
    before = expire(neo)
    assert neo("whoami").code == 0
    assert json.loads(neo.credentials.read_text()) != before


def test_parallel_processes_share_one_refresh_token(neo_of: NeoOf) -> None:
    neo = neo_of("viewer")
    for _ in range(3):
        expire(neo)
        processes = [neo.start("whoami") for _ in range(4)]
        results = [(process.communicate(timeout=300), process.returncode) for process in processes]
        assert [code for _, code in results] == [0] * 4, results


def test_ended_session_asks_for_a_new_login_each_time(fresh: Neo) -> None:
    content = expire(fresh.log_in("stranger"))
    refresh = content["servers"][fresh.site.url]["refresh"]
    revoked = fresh.site.client("stranger").post("/api/v1/auth/token/revoke", json={"refresh": refresh})
    assert revoked.status_code == 204
    for _ in range(2):
        result = fresh("secrets", "list")
        assert result.code == Exit.REFUSED
        assert f"neo login --server {fresh.site.url}" in result.err


def test_unusable_folder_is_reported(fresh: Neo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = fresh("secrets", "list", NEO_CONFIG_DIR=str(tmp_path / "file" / "folder"))
    assert (result.code, result.out) == (Exit.CONFIGURATION, "")
    assert "cannot be read: Not a directory" in result.err


def expire(neo: Neo) -> Any:
    """Replace the stored access token by one that the server refuses; return the content of the file."""
    content = json.loads(neo.credentials.read_text())
    content["servers"][neo.site.url]["access"] = "expired"
    neo.credentials.write_text(json.dumps(content))
    return content


def test_token_that_is_refused_at_once_is_no_reason_to_log_in_again(
    neo_of: NeoOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo = neo_of("viewer")
    refusal = Refusal({"status": 401, "detail": "No.", "code": "invalid_token", "request_id": "1"}, None)
    send = Mock(side_effect=[refusal, {"access": "a", "refresh": "r"}, refusal])
    monkeypatch.setattr("neo_cli.client.Transport.send", send)
    monkeypatch.setattr("neo_cli.credentials.CredentialStore._save", Mock())
    result = neo("projects", "list")
    assert (result.code, send.call_count) == (Exit.REFUSED, 3)
    assert "refused a token that it had just made. Ask its operator whether the clocks" in result.err
    assert "neo login" not in result.err
