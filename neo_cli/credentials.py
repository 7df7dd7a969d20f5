"""Who is signed in where: one file of the user's own, written whole, by one process at a time.

A refresh token works once. So whoever uses one holds the lock from reading the file until the next one is on the disk;
the others then read that.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import click

from neo_cli.exits import Exit, Failure
from neo_cli.private_files import replace_file

FOLDER_VARIABLE = "NEO_CONFIG_DIR"
FILE_NAME = "credentials.json"
LOCK_NAME = "credentials.lock"


@dataclass
class Login:
    """What one server knows us by: a session with its two tokens, or a service token."""

    username: str = ""
    access: str = field(default="", repr=False)
    refresh: str = field(default="", repr=False)
    service_token: str = field(default="", repr=False)
    insecure_http: bool = False

    @property
    def is_usable(self) -> bool:
        return bool(self.refresh or self.service_token)


@dataclass
class Stored:
    """The file's content: logins by the server's address, and the server that was logged in to last."""

    current: str = ""
    servers: dict[str, Login] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: Any) -> Self:
        return cls(content["current"], {address: Login(**login) for address, login in content["servers"].items()})


class CredentialStore:
    """The credentials of this user, in a folder that is nobody else's."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(os.environ.get(FOLDER_VARIABLE) or click.get_app_dir("neo"))
        self.path = self.folder / FILE_NAME

    def load(self) -> Stored:
        """What is stored now. Raises Failure where others can read the file, or where it is not ours."""
        try:
            with self.path.open(encoding="utf-8") as file:
                mode = os.fstat(file.fileno()).st_mode
                content = file.read()
        except FileNotFoundError:
            return Stored()
        except OSError as error:
            raise Failure(f"{self.path} cannot be read: {error.strerror}.", Exit.CONFIGURATION) from None
        if mode & 0o077:
            raise Failure(
                f"Others can read {self.path}. Run: chmod 600 {self.path}; if they may have, log in anew and sign out "
                "everywhere.",
                Exit.CONFIGURATION,
            )
        return self._parsed(content)

    @contextmanager
    def locked(self) -> Iterator[Stored]:
        """What is stored, for this process alone until the block ends; then written, if the block changed it."""
        with self._lock():
            stored = self.load()
            before = asdict(stored)
            yield stored
            if asdict(stored) != before:
                self._save(stored)

    def _parsed(self, content: str) -> Stored:
        try:
            return Stored.from_json(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Failure(
                f"{self.path} is damaged. Remove it and log in again: neo login", Exit.CONFIGURATION
            ) from None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _save(self, stored: Stored) -> None:
        try:
            replace_file(self.path, json.dumps(asdict(stored), indent=1).encode())
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> Failure:
        return Failure(
            f"{self.folder} cannot be written: {error.strerror}. Name another folder in {FOLDER_VARIABLE}, or use a "
            "service token in NEO_TOKEN.",
            Exit.CANNOT_WRITE,
        )
