"""What one process makes for all: a loaded database is the one that was dumped."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest

from tests import shared
from tests.live.databases import new_postgresql


def test_a_loaded_database_is_the_one_that_was_dumped() -> None:
    made = new_postgresql()["DATABASE_URL"]
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id bigint GENERATED ALWAYS AS IDENTITY, value bytea UNIQUE)")
        connection.execute("INSERT INTO kept (value) VALUES ('\\x00ff'), (NULL)")
    assert not shared.is_dumped("test")
    shared.dump("test", urlsplit(made).path[1:])
    assert shared.is_dumped("test")
    with psycopg.connect(shared.address(shared.load("test")), autocommit=True) as connection:
        connection.execute("INSERT INTO kept (value) VALUES ('new')")
        assert connection.execute("SELECT * FROM kept ORDER BY id").fetchall() == [
            (1, b"\x00\xff"),
            (2, None),
            (3, b"new"),
        ]
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO kept (value) VALUES ('new')")
