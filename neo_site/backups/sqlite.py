"""Copies of SQLite's file, by its online backup API: the site may write meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection

from neo_base.progress import Show, sampled
from neo_site.backups.contents import read_contents
from neo_site.backups.manifest import Contents, megabytes
from neo_site.backups.models import Epoch

FILE = "database.sqlite3"


def copy(path: Path) -> Contents:
    """Copy the database to `path`, without its epoch, and return what the copy holds. Writers do not wait."""
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
        # One file, without a write-ahead log beside it.
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute(f'DELETE FROM "{Epoch._meta.db_table}"')  # noqa: S608  (a name of ours)
        target.commit()
        tables = [
            name
            for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith("sqlite_")
        ]
        return read_contents(target.execute, tables)


def load(path: Path, progress: Show) -> None:
    """Put the copy at `path` in the place of the empty database. Call `progress` with the MB copied so far."""
    place = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    part = place.with_name(f"{place.name}.part")
    with sampled(lambda: megabytes(part), progress):
        shutil.copyfile(path, part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    part.replace(place)
