"""The engine of the configured database: how it is copied and loaded. It is chosen when a backup is made or restored,
because the driver of the other one may not be installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, cast

from django.conf import settings
from django.db import connection

from neo_base.progress import Show
from neo_site.backups.manifest import BackupUnusable, Contents


class Engine(Protocol):
    """A module that copies and loads a database."""

    FILE: str

    def copy(self, path: Path) -> Contents:
        """Copy the database, while the site runs, and return what is in the copy."""

    def load(self, path: Path, progress: Show) -> None:
        """Load a copy into the configured database, which is empty. Call `progress` with the MB read so far."""


def engine() -> Engine:
    """Return the engine of the configured database."""
    if connection.vendor == "postgresql":
        from neo_site.backups import postgresql

        return cast(Engine, postgresql)
    from neo_site.backups import sqlite

    return cast(Engine, sqlite)


def take_all_time() -> None:
    """Lift the time limits of this process's connection, which are for requests."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        connection.connection.patience = None
        query("SET statement_timeout = 0")


def require_direct() -> None:
    """Raise BackupUnusable behind a pooler that lends connections for one transaction.

    What `pg_dump` and `pg_restore` set for their session would stay with whoever is lent the connection next.
    """
    if settings.NEO_POOLS_TRANSACTIONS:
        raise BackupUnusable(
            "A pooler that lends connections for one transaction cannot carry a backup. Run this command with the "
            "DATABASE_URL of PostgreSQL itself and without NEO_DATABASE_POOLING."
        )


def tables() -> list[str]:
    """Return the tables of the configured database."""
    return connection.introspection.table_names()


def query(sql: str) -> Iterable[Any]:
    """Run a statement on the configured database; return its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
