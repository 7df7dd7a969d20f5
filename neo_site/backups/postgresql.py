"""Dumps of PostgreSQL, by its own programs `pg_dump` and `pg_restore`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction
from psycopg.pq import Conninfo

from neo_base.progress import Show, sampled
from neo_site.backups.contents import Query, read_contents
from neo_site.backups.manifest import MB, BackupUnusable, Contents
from neo_site.backups.models import Epoch

FILE = "database.dump"
# Where Debian keeps the programs of each major version.
DEBIAN = "/usr/lib/postgresql/{major}/bin"
MAX_SHOWN = 200


def copy(path: Path) -> Contents:
    """Dump the database to `path`, without its epoch, and return what the dump holds. Writers do not wait."""
    program = _program("pg_dump")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        try:
            _run(
                program,
                "--format=custom",
                f"--snapshot={snapshot}",
                f"--exclude-table-data={Epoch._meta.db_table}",
                f"--file={path}",
            )
        except BackupUnusable:
            # A server that has gone is no fault of the program's: this connection says so.
            cursor.execute("SELECT 1")
            raise
        return read_contents(_query(cursor), connection.introspection.table_names(cursor))


def load(path: Path, progress: Show) -> None:
    """Load the dump at `path` into the empty database, in one transaction. Call `progress` with the MB read so far."""
    name = str(connection.settings_dict["NAME"])
    # The program shares the place in the file that it reads as its input, so that it can be looked at from here.
    with path.open("rb") as dump, sampled(lambda: os.lseek(dump.fileno(), 0, os.SEEK_CUR) // MB, progress):
        _run(
            _program("pg_restore"),
            *("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"),
            f"--dbname={name}",
            read=dump,
        )


def _query(cursor: Any) -> Query:
    def query(sql: str) -> list[Any]:
        cursor.execute(sql)
        rows: list[Any] = cursor.fetchall()
        return rows

    return query


def _program(name: str) -> str:
    """Return the path of the program in the server's major version. Raises BackupUnusable if it is not installed."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10_000
    others = []
    for path in _candidates(name, major):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"\d+", said)
        if version and int(version[0]) == major:
            return path
        others.append(f"{path} is of version {version[0] if version else 'unknown'}")
    found = f" {'; '.join(others)}." if others else ""
    raise BackupUnusable(
        f"{name} of PostgreSQL {major}, the version of the server, is not in PATH.{found} Install it, such as by "
        f"`apt install postgresql-client-{major}`."
    )


def _candidates(name: str, major: int) -> Iterator[str]:
    for directory in (DEBIAN.format(major=major), *os.get_exec_path()):
        if path := shutil.which(name, path=directory):
            yield path


def _run(*command: str, read: IO[bytes] | int = subprocess.DEVNULL) -> None:
    # The password travels in the environment, which other users of the machine cannot see.
    done = subprocess.run(  # noqa: S603  (our own arguments)
        command, env=_environment(), stdin=read, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = next(iter(done.stderr.splitlines()), "")[:MAX_SHOWN]
        raise BackupUnusable(f"{Path(command[0]).name} failed with status {done.returncode}: {said}")


def _environment() -> dict[str, str]:
    """Return the environment, with the parameters of the site's connection in libpq's own variables."""
    parameters = connection.get_connection_params()
    options = [option for option in Conninfo.get_defaults() if option.envvar]
    names = {option.keyword.decode(): option.envvar.decode() for option in options if option.envvar}
    # Its time limits are for requests; the programs have none.
    given = {name: parameters[name] for name in names if name != "options" and parameters.get(name) is not None}
    return os.environ | {names[name]: str(value) for name, value in given.items()}
