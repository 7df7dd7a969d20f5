"""The messages of both databases: why something failed, and nothing of what a client sent."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, OperationalError, connection, transaction

from neo_base.database_messages import message_of, shown
from tests.cast import CANARY
from tests.live.databases import ON_POSTGRESQL

User = get_user_model()
on_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="a message of PostgreSQL's")


def message_after(statement: str, *parameters: Any) -> str:
    """The message of the error in which the statement ends, as Django raises it."""
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return message_of(raised.value)


def test_a_violated_constraint_is_named_without_the_value(db: None) -> None:
    User.objects.create(username=CANARY)
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        User.objects.create(username=CANARY)
    assert "auth_user" in message_of(raised.value)
    assert "username" in message_of(raised.value)
    assert CANARY in str(raised.value) or not ON_POSTGRESQL
    assert CANARY not in shown(raised.value)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELECT 1 FROM nothing_here", "nothing_here"),
        ("SELECT nothing_here FROM auth_user", "nothing_here"),
        ("CREATE TABLE auth_user (id integer)", "auth_user"),
        ("INSERT INTO auth_user (username) VALUES ('x')", "auth_user"),
    ],
)
def test_what_the_schema_lacks_or_has_is_named(db: None, statement: str, named: str) -> None:
    assert named in message_after(statement)


CASTS = ["uuid", "integer", "bigint", "timestamptz", "date", "interval", "jsonb", "inet", "boolean", "numeric"]
HARD = [CANARY, f'a"{CANARY}', f"'{CANARY}", f'"x" {CANARY}', f'"auth_user" {CANARY}', f"{{{CANARY}", f"\\x{CANARY}"]


@on_postgresql
@pytest.mark.parametrize("kind", CASTS)
@pytest.mark.parametrize("value", HARD)
def test_no_message_of_postgresql_has_the_value(db: None, kind: str, value: str) -> None:
    message = message_after(f"SELECT %s::{kind}", value)
    assert "22" in message
    assert "CANARY" not in message.upper()


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("SELECT 'a' ~ %s", [f"({CANARY}"]),
        ("SELECT set_config('work_mem', %s, false)", [CANARY]),
        ("SELECT to_date(%s, 'YYYY')", [CANARY]),
        ("SELECT %s::regclass", [CANARY]),
        ("SELECT %s::regclass", [f'"{CANARY}"']),
        ("SELECT 'x' WHERE '" + CANARY + "'", []),
        (f"SELECT 1 {CANARY} {CANARY}", []),
        (f'SELECT "{CANARY}"', []),
        ("DO $$ BEGIN RAISE EXCEPTION '" + CANARY + "'; END $$", []),
        ("UPDATE auth_user SET username = %s::varchar || repeat('x', 200)", [CANARY]),
        ("INSERT INTO auth_user (username) VALUES (%s)", [CANARY]),
    ],
)
def test_no_other_message_of_postgresql_has_the_value(db: None, statement: str, parameters: list[str]) -> None:
    User.objects.create(username="somebody")
    message = message_after(statement, *parameters)
    assert message
    assert "CANARY" not in message.upper()


@pytest.mark.once
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (f"SELECT '{CANARY}", ""),
        (f'SELECT 1 "{CANARY}" "{CANARY}"', ""),
        (f"SELECT json('{CANARY}')", ""),
        ("SELECT 1 FROM nothing_here", "no such table: nothing_here"),
        ("INSERT INTO named VALUES (1, 'x')", "UNIQUE constraint failed: named.number"),
        ("INSERT INTO named VALUES (2, 'long')", "CHECK constraint failed: short"),
        ("INSERT INTO named VALUES (2, NULL)", "NOT NULL constraint failed: named.name"),
        ("ALTER TABLE named ADD COLUMN name text", "duplicate column name: name"),
        ("CREATE TABLE named (x int)", "table named already exists"),
    ],
)
def test_sqlite_is_shown_in_known_forms_only(statement: str, message: str) -> None:
    rows = sqlite3.connect(":memory:")
    check = "CONSTRAINT short CHECK (length(name) < 3)"
    rows.execute(f"CREATE TABLE named (number integer PRIMARY KEY, name text NOT NULL {check})")
    rows.execute("INSERT INTO named VALUES (1, 'a')")
    with pytest.raises(sqlite3.Error) as raised:
        rows.execute(statement)
    assert message_of(raised.value) == message
    rows.close()


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("host=127.0.0.1 port=1", 'at "127.0.0.1", port 1 failed: Connection refused'),
        ("host=nosuchhost.invalid", "failed to resolve host 'nosuchhost.invalid'"),
        ("host=/nowhere", "No such file or directory"),
    ],
)
def test_a_connection_that_fails_says_where_to(address: str, named: str) -> None:
    with pytest.raises(psycopg.Error) as raised:
        psycopg.connect(f"{address} user=u dbname=d password={CANARY}", connect_timeout=5)
    assert named in message_of(raised.value)
    assert CANARY not in shown(raised.value)


@pytest.mark.once
def test_a_password_that_became_a_host_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "hunter22")
    with pytest.raises(psycopg.Error) as raised:
        psycopg.connect("host=hunter22.invalid", connect_timeout=5)
    assert "hunter22" not in shown(raised.value)


@pytest.mark.once
def test_an_error_without_a_database_behind_it_has_its_type_alone() -> None:
    error = OperationalError(CANARY)
    error.__cause__ = ValueError(CANARY)
    error.__cause__.__cause__ = error
    assert shown(error) == "OperationalError"
    assert shown(psycopg.OperationalError(CANARY)) == "OperationalError"
