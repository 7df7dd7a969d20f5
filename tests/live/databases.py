"""A database of a site's own, on the engine that NEO_TEST_DATABASE names."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests.pgbouncer import pooled
from tests.postgresql import server_uri

# All sites of a run behind a pooler that lends connections for one transaction.
POOLED = os.environ.get("NEO_TEST_POOLING") == "transaction"
ON_POSTGRESQL = os.environ.get("NEO_TEST_DATABASE") == "postgresql"
_ALL_ROWS = SQL("SELECT row_to_json(t)::text FROM {} t ORDER BY 1")


def new_database() -> dict[str, str]:
    """The setting that names a new and empty database; none for SQLite, whose file is in the data directory."""
    return new_postgresql() if ON_POSTGRESQL else {}


def new_postgresql(template: str = "template1") -> dict[str, str]:
    """The setting that names a new copy of a database; a copy of a site is a site of its own, with its own epoch."""
    name = f"neo_live_{secrets.token_hex(4)}"
    with psycopg.connect(server_uri(), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    address = urlsplit(server_uri())._replace(path=f"/{name}").geturl()
    if template != "template1":
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("UPDATE neo_backups_epoch SET place = ''")
    return {"DATABASE_URL": address}


def copy_of(database: Mapping[str, str]) -> dict[str, str]:
    """Return the setting that names a copy of a database to which nobody is connected; see `new_database`."""
    address = database.get("DATABASE_URL")
    if not address:
        return {}
    copy = new_postgresql(template=urlsplit(address).path[1:])
    return pooled(copy["DATABASE_URL"]) if POOLED else copy


def fingerprint(data_directory: Path, database_url: str) -> str:
    """Changes with any change of what is stored."""
    stored = _rows(database_url) if database_url else _checkpointed(data_directory / "db.sqlite3").read_bytes()
    return hashlib.sha256(stored).hexdigest()


def files_of(data_directory: Path, database_url: str) -> Iterator[Path]:
    """Every file in which the site or its database may have left something."""
    if database_url:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        yield from _files_below(Path(parse_qs(urlsplit(database_url).query)["host"][0]))
    yield from _files_below(data_directory)


def _files_below(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def _checkpointed(path: Path) -> Path:
    """The file with its write-ahead log worked in; opening a database may do that, and changes nothing stored."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _rows(database_url: str) -> bytes:
    """Every row of every table, as text."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        rows = [connection.execute(_ALL_ROWS.format(Identifier(table))).fetchall() for (table,) in tables]
    return repr([tables, rows]).encode()
