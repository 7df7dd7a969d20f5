"""Django's backend for SQLite, with waits for the lock that end with the time of the request.

SQLite has one writer at a time, in whatever process. A request that finds the lock taken waits as long as its deadline
allows; after that its next statements fail at once, so that its answer, 503, does not add up several waits.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from django.db.backends.sqlite3 import base

from neo_site import deadlines

# How long a command waits for the lock, unless its settings say otherwise.
LOCK_SECONDS = 20.0
# Whoever has less patience than this only writes something along, such as a count.
LITTLE_PATIENCE_SECONDS = 0.5
# Even without patience, so that a commit of another process, which takes milliseconds, is no failure.
LEAST_LOCK_SECONDS = 0.02
# For how long a lock that was held for too long is expected to be held still.
CONGESTION_SECONDS = 1.0
# After how many of SQLite's instructions a statement looks at the clock: every few milliseconds.
INSTRUCTIONS_BETWEEN_LOOKS = 100_000


class Congestion:
    """The memory that the lock was held for too long, shared by all threads.

    While it lasts, those with little patience do not wait at all.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def note(self) -> None:
        self._until = time.monotonic() + CONGESTION_SECONDS

    def forget(self) -> None:
        self._until = 0.0

    def is_expected(self) -> bool:
        return time.monotonic() < self._until


congestion = Congestion()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose statements wait for the lock, and run, as long as their request may."""

    _busy_ms: int | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.set_progress_handler(_is_out_of_time, INSTRUCTIONS_BETWEEN_LOOKS)
        self._busy_ms = None
        return connection

    def create_cursor(self, name: Any = None) -> Any:
        self._set_patience()
        return self.connection.cursor(factory=_Cursor)

    def _set_patience(self) -> None:
        """Tell SQLite how long to wait for the lock. Inside a transaction nothing waits: it holds the lock."""
        if self.connection.in_transaction:
            return
        milliseconds = int(self._lock_seconds() * 1_000)
        if milliseconds != self._busy_ms:
            self.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
            self._busy_ms = milliseconds

    def _lock_seconds(self) -> float:
        deadline = deadlines.current()
        if deadline is None:
            return float(self.settings_dict["OPTIONS"].get("timeout", LOCK_SECONDS))
        seconds = deadline.lock_seconds_left()
        if seconds < LITTLE_PATIENCE_SECONDS and congestion.is_expected():
            return LEAST_LOCK_SECONDS
        return max(seconds, LEAST_LOCK_SECONDS)

    def _commit(self) -> None:
        deadlines.require_live()
        super()._commit()  # type: ignore[misc]


class _Cursor(base.SQLiteCursorWrapper):
    """A cursor that notes when the lock was held for too long."""

    def execute(self, query: str, params: Any = None) -> Any:
        try:
            return super().execute(query, params)
        except sqlite3.OperationalError as error:
            _note(error)
            raise

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        try:
            return super().executemany(query, param_list)
        except sqlite3.OperationalError as error:
            _note(error)
            raise


def _note(error: sqlite3.OperationalError) -> None:
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
        congestion.note()


def _is_out_of_time() -> bool:
    """Return whether SQLite has to interrupt the statement."""
    deadline = deadlines.current()
    return deadline is not None and time.monotonic() >= deadline.ends_at
