"""What one process of a run on PostgreSQL makes, and the others load into their own servers.

Migrating takes seconds in each process, and so does preparing the site that live tests copy.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from tests.postgresql import programs, server_uri

# The process that starts the others makes the folder, and deletes it.
if "NEO_TEST_SHARED" not in os.environ:
    os.environ["NEO_TEST_SHARED"] = tempfile.mkdtemp(prefix="neo-shared-")
    atexit.register(shutil.rmtree, os.environ["NEO_TEST_SHARED"], ignore_errors=True)
DIRECTORY = Path(os.environ["NEO_TEST_SHARED"])
IS_SHARED = os.environ.get("NEO_TEST_DATABASE") == "postgresql" and "PYTEST_XDIST_WORKER" in os.environ


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Keep other processes from what is named so, until the block or this process ends."""
    with (DIRECTORY / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def tables_made_once() -> Iterator[None]:
    """Let Django copy the tables of another process; otherwise keep those that it makes in the block for the others."""
    with one_at_a_time("tables"):
        if is_dumped("tables"):
            connection.settings_dict["TEST"]["TEMPLATE"] = load("tables")
            yield
        else:
            yield
            dump("tables", connection.settings_dict["NAME"])


def is_dumped(name: str) -> bool:
    """Return whether a process of this run has dumped a database under this name."""
    return _dump(name).exists()


def dump(name: str, database: str) -> None:
    """Write the tables and rows of `database` for other processes."""
    _run("pg_dump", "--file", f"{_dump(name)}.part", "--dbname", address(database))
    Path(f"{_dump(name)}.part").rename(_dump(name))


def load(name: str) -> str:
    """Make a database on the server of this process with what was dumped under `name`; return what it is called."""
    database = f"neo_shared_{name}"
    with psycopg.connect(server_uri(), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(database)))
    options = ("--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--output", os.devnull)
    _run("psql", *options, "--file", str(_dump(name)), "--dbname", address(database))
    return database


def _dump(name: str) -> Path:
    return DIRECTORY / f"{name}.sql"


def address(database: str) -> str:
    """Return the URL of a database on the server of this process."""
    return urlsplit(server_uri())._replace(path=f"/{database}").geturl()


def _run(program: str, *arguments: str) -> None:
    subprocess.run([f"{programs()}/{program}", *arguments], check=True, stdin=subprocess.DEVNULL)
