"""What operators read when a command fails: what happened and what to do, without a stack and without a secret."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError
from environ import FileAwareEnv
from redis.exceptions import ConnectionError as NoRedis

from neo_site import commands
from neo_site.configuration.databases import database
from neo_site.failures import told
from secrets_app.crypto.errors import KeyringError
from tests.cast import CANARY

pytestmark = pytest.mark.once


def from_driver(cause: Exception, kind: type[Exception] = OperationalError) -> Exception:
    error = kind(CANARY)
    error.__cause__ = cause
    return error


def connecting(text: str) -> Exception:
    return from_driver(
        psycopg.OperationalError(
            f'connection failed: connection to server at "db", port 5432 failed: {text}\n\tIs the server running?'
        )
    )


CONNECTIONS = [
    ("Connection refused", "Start PostgreSQL"),
    ('FATAL:  password authentication failed for user "neo"', "Correct user name and password"),
    ("fe_sendauth: no password supplied", "Correct user name and password"),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "neo"', "pg_hba.conf"),
    ('FATAL:  role "neo" does not exist', "Create the role"),
    ('FATAL:  database "neo" does not exist', "Create it, owned by the user"),
    ("FATAL:  sorry, too many clients already", "max_connections"),
    ("FATAL:  the database system is starting up", "Wait until it is up"),
    ("timeout expired", "can be reached"),
    ("FATAL:  unsupported startup parameter: options", "Set NEO_DATABASE_POOLING=transaction"),
    ("server does not support SSL, but SSL was required", "TLS"),
]


@pytest.mark.parametrize(("text", "advice"), CONNECTIONS)
def test_a_connection_that_fails_is_told_with_its_remedy(text: str, advice: str) -> None:
    sentence = told(connecting(text))
    assert " ".join(text.split()) in sentence
    assert advice in sentence
    assert "Is the server running" not in sentence
    assert CANARY not in sentence


STATEMENTS = [
    ("no such table: secrets_app_secret", "Run manage.py migrate."),
    ("no such column: secrets_app_secret.revision", "Run manage.py migrate."),
    ("index secrets_app_owner already exists", "`manage.py showmigrations`"),
    ("table secrets_app_secret already exists", "`manage.py showmigrations`"),
    ("duplicate column name: revision", "`manage.py showmigrations`"),
    ("database is locked", "Another process is writing"),
    ("database or disk is full", "Make room"),
    ("attempt to write a readonly database", "writable"),
    ("file is not a database", "Restore a backup."),
]


@pytest.mark.parametrize(("text", "advice"), STATEMENTS)
def test_a_statement_that_fails_is_told_with_its_remedy(text: str, advice: str) -> None:
    sentence = told(from_driver(sqlite3.OperationalError(text), ProgrammingError))
    assert text in sentence
    assert advice in sentence


def test_the_missing_folder_of_sqlite_is_named(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = from_driver(sqlite3.OperationalError("unable to open database file"))
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", tmp_path / "nowhere" / "db.sqlite3")
    assert f"{tmp_path / 'nowhere'}, does not exist" in told(error)
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", tmp_path / "db.sqlite3")
    assert f"{tmp_path / 'db.sqlite3'} cannot be opened" in told(error)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModuleNotFoundError(CANARY, name="django_otp"), "Python has no module 'django_otp'. Run: "),
        (KeyringError("Key file x is gone."), "Key file x is gone."),
        (ImproperlyConfigured("Set\nit."), "Set it."),
        (
            FileNotFoundError(2, "No such file or directory", "/x/y"),
            "/x/y: No such file or directory. Correct the path",
        ),
        (NoRedis(CANARY), "The cache does not answer (ConnectionError)."),
        (OperationalError(CANARY), "The database failed: OperationalError. Run manage.py doctor"),
        (ValueError(CANARY), "This is a fault of the site: ValueError at an unknown place. Please report it"),
    ],
)
def test_whatever_else_fails_is_told_in_one_line(error: Exception, sentence: str) -> None:
    assert told(error).startswith(sentence)
    assert CANARY not in told(error)
    assert "\n" not in told(error)


def test_a_command_without_its_database_ends_with_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(arguments: list[str]) -> None:
        raise connecting("Connection refused")

    monkeypatch.setattr(commands, "execute_from_command_line", fails)
    with pytest.raises(SystemExit, match="75"):
        commands.run(["manage.py", "migrate"])
    told_last = capsys.readouterr().err
    assert re.match(r"^migrate: The database failed: .*Connection refused\. Start PostgreSQL", told_last)
    assert told_last.count("\n") == 1
    with pytest.raises(OperationalError):
        commands.run(["manage.py", "migrate", "--traceback"])


@pytest.mark.parametrize(
    "address",
    [
        *(
            "postgres://u:pa#ss@127.0.0.1/d",
            "postgres://u:12#34@h/d",
            "postgres://u:12/34@h/d",
            "postgres://u:12?34@h/d",
        ),
        *("postgresql://u:a/b@h/d",),
    ],
)
def test_a_password_that_needs_escapes_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL cannot be read\. Percent-encode") as refused:
        database(FileAwareEnv(), Path("/nowhere"))
    assert "34" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("postgres://u:p%23%2F%3F%40%25@h:5433/d", ("u", "p#/?@%", "h", 5433, "d")),
        ("postgres://u:p@w@h/d", ("u", "p@w", "h", "", "d")),
        ("postgres://h/d?sslmode=require", ("", "", "h", "", "d")),
    ],
)
def test_other_passwords_arrive_whole(monkeypatch: pytest.MonkeyPatch, address: str, parts: tuple[Any, ...]) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    found = database(FileAwareEnv(), Path("/nowhere"))
    assert tuple(found[name] or "" for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")) == parts
