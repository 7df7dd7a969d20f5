"""A backup of a small site, and an empty database to restore it into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from neo_base.access.actors import Actor
from neo_site.signin.actions import sign_in
from secrets_app.actions.tokens import create_token
from tests.cast import make_secret, make_user
from tests.live.databases import ON_POSTGRESQL
from tests.postgresql import programs
from tests.upgrades.frozen import separate_database

VALUES = {"ONE": "the first value of this backup", "TWO": "another value\nof two lines\n"}


@pytest.fixture
def programs_in_path(monkeypatch: pytest.MonkeyPatch) -> None:
    directories = [programs()] if ON_POSTGRESQL else []
    monkeypatch.setenv("PATH", os.pathsep.join([*directories, os.environ["PATH"]]))


@pytest.fixture
def backup(transactional_db: None, programs_in_path: None, tmp_path: Path) -> Iterator[Path]:
    """The directory of a backup of a site with secrets and with credentials."""
    member, browser = make_user("member"), Client()
    for name, value in VALUES.items():
        make_secret(member, name=name, value=value)
    sign_in(user=member)
    browser.force_login(member)
    create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    call_command("backup", str(tmp_path / "backup"), stdout=StringIO())
    yield tmp_path / "backup"
    # It has no time limits any more.
    connection.close()


@pytest.fixture
def empty_database(backup: Path) -> Iterator[None]:
    """The connection leads to an empty database from now on."""
    with separate_database():
        yield


@pytest.fixture
def restored(backup: Path, empty_database: None) -> list[str]:
    """Restore the backup; return what the command says."""
    output = StringIO()
    call_command("restore", str(backup), stdout=output)
    return output.getvalue().splitlines()


@pytest.fixture
def epoch_file(tmp_path: Path, settings: Any) -> Path:
    """The file beside the keys, which is not there yet."""
    settings.EPOCH_FILE = tmp_path / "epoch"
    return tmp_path / "epoch"
