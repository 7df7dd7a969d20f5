"""Tokens in the keyring of the desktop: there where there is one, in the private file where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import keyring
import pytest
from keyring.errors import KeyringError

from neo_cli.credentials import CredentialStore, Login

pytestmark = pytest.mark.once

SERVER = "https://secrets.example.com"
LOGIN = Login(username="member", access="access-one", refresh="refresh-one")


class InMemory:
    """A keyring that a desktop could have; `locked`, it raises as one that nobody unlocks.

    No subclass of the library's, which would choose it for every other test.
    """

    def __init__(self) -> None:
        self.priority = 5
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._unlock()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._unlock()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._unlock()
        del self.kept[service, username]

    def _unlock(self) -> None:
        if self.locked:
            raise KeyringError("locked")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    backend = InMemory()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "neo")


def log_in(store: CredentialStore, login: Login = LOGIN) -> None:
    with store.locked() as stored:
        stored.current, stored.servers[SERVER] = SERVER, login


def test_tokens_are_in_the_keyring_and_not_in_the_file(backend: InMemory, store: CredentialStore) -> None:
    log_in(store)
    assert list(backend.kept) == [("neo", SERVER)]
    text = store.path.read_text()
    assert ("member" in text, "access-one" in text, "refresh-one" in text) == (True, False, False)
    loaded = store.load().servers[SERVER]
    assert (loaded.tokens, loaded.in_keyring) == (LOGIN.tokens, True)


def test_renewed_tokens_replace_those_in_the_keyring(backend: InMemory, store: CredentialStore) -> None:
    log_in(store)
    with store.locked() as stored:
        stored.servers[SERVER].access, stored.servers[SERVER].refresh = "access-two", "refresh-two"
    assert json.loads(backend.kept["neo", SERVER])["refresh"] == "refresh-two"
    assert store.load().servers[SERVER].access == "access-two"


def test_logout_and_an_ended_session_leave_nothing_there(backend: InMemory, store: CredentialStore) -> None:
    log_in(store)
    with store.locked() as stored:
        stored.servers[SERVER].access = stored.servers[SERVER].refresh = ""
    assert (backend.kept, store.load().servers[SERVER].is_usable) == ({}, False)
    log_in(store)
    with store.locked() as stored:
        del stored.servers[SERVER]
    assert (backend.kept, store.load().servers) == ({}, {})


def test_login_in_a_file_moves_with_its_next_renewal(
    backend: InMemory, store: CredentialStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.priority = 0
    log_in(store)
    assert "refresh-one" in store.path.read_text()
    backend.priority = 5
    assert store.load().servers[SERVER].refresh == "refresh-one"
    with store.locked() as stored:
        stored.servers[SERVER].access = "access-two"
    assert "refresh-one" not in store.path.read_text()
    assert store.load().servers[SERVER].refresh == "refresh-one"


def test_locked_keyring_is_replaced_by_the_file(backend: InMemory, store: CredentialStore) -> None:
    log_in(store)
    backend.locked = True
    assert store.load().servers[SERVER].is_usable is False
    log_in(store, Login(username="member", access="access-two", refresh="refresh-two"))
    loaded = store.load().servers[SERVER]
    assert (loaded.refresh, loaded.in_keyring) == ("refresh-two", False)


@pytest.mark.parametrize("kept", ["", "no JSON", "[]", "{}"])
def test_damaged_entry_is_an_ended_login(backend: InMemory, store: CredentialStore, kept: str) -> None:
    log_in(store)
    backend.kept["neo", SERVER] = kept
    assert store.load().servers[SERVER].is_usable is False


def test_without_the_library_the_file_is_used(store: CredentialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    log_in(store)
    assert store.load().servers[SERVER] == LOGIN
