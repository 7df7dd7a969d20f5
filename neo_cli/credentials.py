"""Stored credentials: one private file of the user, replaced as a whole, by one process at a time.

Tokens are in the keyring of the desktop instead, where there is one; the file says so.

A refresh token works once. A process that uses one therefore holds the lock from reading the file until the new token
is on disk; other processes wait and then read the new one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import click

from neo_cli import keyrings
from neo_cli.exits import Exit, Failure
from neo_cli.private_files import replace_file

FOLDER_VARIABLE = "NEO_CONFIG_DIR"
FILE_NAME = "credentials.json"
LOCK_NAME = "credentials.lock"
TOKENS = ("access", "refresh", "service_token")


@dataclass
class Login:
    """Credentials for one server: the two tokens of a session, or a service token."""

    username: str = ""
    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    service_token: str = field(default="", repr=False)
    insecure_http: bool = False
    in_keyring: bool = False
    """Whether the tokens are there, and not in the file."""

    @property
    def is_usable(self) -> bool:
        return bool(self.refresh or self.service_token)

    @property
    def tokens(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in TOKENS}

    def without_tokens(self) -> Login:
        """Return this login as the file has it where the tokens are in the keyring."""
        return replace(self, in_keyring=True, access="", refresh="", service_token="")


@dataclass
class Stored:
    """Content of the credentials file: logins by server URL, and the server that was logged in to last."""

    current: str = ""
    servers: dict[str, Login] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: Any) -> Self:
        return cls(content["current"], {url: Login(**login) for url, login in content["servers"].items()})


class CredentialStore:
    """The credentials file of this user, in a folder that only they can open."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _default_folder()
        self.path = self.folder / FILE_NAME

    def load(self) -> Stored:
        """Return what is stored. Raise Failure if other users can read the file, or if it is damaged."""
        try:
            with self.path.open(encoding="utf-8") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return Stored()
        except OSError as error:
            raise Failure(
                f"{self.path} cannot be read: {error.strerror}. Make it readable for you, or set {FOLDER_VARIABLE} to "
                "another folder.",
                Exit.CONFIGURATION,
            ) from None
        if mode & 0o077:
            raise Failure(
                f"Other users can read {self.path}. Run chmod 600 {self.path}. If somebody may have read it, sign out "
                "everywhere and log in again.",
                Exit.CONFIGURATION,
            )
        return _with_tokens_of_the_keyring(self._parsed(content))

    def require_writable(self) -> None:
        """Raise Failure if nothing could be stored. Called before a server creates what has to be stored."""
        with self._lock():
            pass

    @contextmanager
    def locked(self) -> Iterator[Stored]:
        """Lock the file and yield its content; when the block ends without an error, save what it changed."""
        with self._lock():
            stored = self.load()
            before = deepcopy(stored)
            yield stored
            if stored != before:
                self._save(stored, before)

    def _parsed(self, content: str) -> Stored:
        try:
            return Stored.from_json(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Failure(
                f"{self.path} is damaged. Delete it and log in again: neo login", Exit.CONFIGURATION
            ) from None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                os.close(descriptor)
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _save(self, stored: Stored, before: Stored) -> None:
        content = Stored(stored.current, {url: _kept(url, login, before) for url, login in stored.servers.items()})
        try:
            replace_file(self.path, json.dumps(asdict(content), indent=1).encode())
        except OSError as error:
            raise self._unwritable(error) from None
        for url, login in before.servers.items():
            if login.in_keyring and url not in stored.servers:
                keyrings.forget(url)

    def _unwritable(self, error: OSError) -> Failure:
        return Failure(
            f"{self.folder} cannot be written: {error.strerror}. Set {FOLDER_VARIABLE} to another folder, or use a "
            "service token in NEO_TOKEN.",
            Exit.CANNOT_WRITE,
        )


def _with_tokens_of_the_keyring(stored: Stored) -> Stored:
    """Return what is stored, with the tokens that are in the keyring. Without them, a login has ended."""
    for url, login in stored.servers.items():
        if login.in_keyring:
            try:
                tokens = json.loads(keyrings.read(url) or "{}")
                access, refresh, service_token = (str(tokens.get(name, "")) for name in TOKENS)
                stored.servers[url] = replace(login, access=access, refresh=refresh, service_token=service_token)
            except (ValueError, AttributeError):
                stored.servers[url] = login.without_tokens()
    return stored


def _kept(url: str, login: Login, before: Stored) -> Login:
    """Put the tokens into the keyring if there is one; return the login as the file is to have it."""
    if login.in_keyring and login == before.servers.get(url):
        return login.without_tokens()
    if login.is_usable and keyrings.write(url, json.dumps(login.tokens)):
        return login.without_tokens()
    if login.in_keyring:
        # It took none just now, or the session has ended: what it has is of before.
        keyrings.forget(url)
    return replace(login, in_keyring=False)


def _default_folder() -> Path:
    """Return the folder in `NEO_CONFIG_DIR`, or the one of this user. Raise Failure if the user has no home."""
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given)
    folder = Path(click.get_app_dir("neo"))
    try:
        # As its specification says, an XDG_CONFIG_HOME that is no absolute path counts as not set.
        return folder if folder.is_absolute() else Path("~/.config/neo").expanduser()
    except RuntimeError:
        raise Failure(
            f"There is no folder for credentials, since this user has no home. Set HOME or {FOLDER_VARIABLE}, or use a "
            "service token in NEO_TOKEN with the server in NEO_SERVER.",
            Exit.CONFIGURATION,
        ) from None
