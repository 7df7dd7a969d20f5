"""Django's backend for SQLite, with waits for the lock that end with the time of the request.

SQLite has one writer at a time, in whatever process. A request that finds the lock taken waits as long as its deadline
allows; after that its next statements fail at once, so that its answer, 503, does not add up several waits.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db.backends.sqlite3 import base

from neo_site import deadlines

# How long a command waits for the lock, unless its settings say otherwise.
LOCK_SECONDS = 20.0
# Whoever has less patience than this only writes something along, such as a count.
LITTLE_PATIENCE_SECONDS = 0.5
# SQLite looks for the lock after 1, 2, 5, 10 ms and so on, up to 100: whoever has waited for long would see those who
# came later go first. So it gives up after this, and everybody begins again. Those without patience also wait so long,
# so that a commit of another process, which takes milliseconds, is no failure.
TURN_MS = 20
PAUSE_SECONDS = 0.001
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

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.set_progress_handler(_is_out_of_time, INSTRUCTIONS_BETWEEN_LOOKS)
        connection.execute(f"PRAGMA busy_timeout = {TURN_MS}")
        return connection

    def create_cursor(self, name: Any = None) -> Any:
        cursor = self.connection.cursor(factory=_Cursor)
        cursor.lock_seconds = self._lock_seconds
        return cursor

    def _lock_seconds(self) -> float:
        """Return for how long a statement may wait for the lock from now on."""
        deadline = deadlines.current()
        if deadline is None:
            return float(self.settings_dict["OPTIONS"].get("timeout", LOCK_SECONDS))
        seconds = deadline.lock_seconds_left()
        return 0.0 if seconds < LITTLE_PATIENCE_SECONDS and congestion.is_expected() else seconds

    def _commit(self) -> None:
        deadlines.require_live()
        super()._commit()  # type: ignore[misc]


class _Cursor(base.SQLiteCursorWrapper):
    """A cursor that waits for the lock, and notes when it was held for too long."""

    lock_seconds: Callable[[], float]

    def execute(self, query: str, params: Any = None) -> Any:
        return self._in_turn(super().execute, query, params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        return self._in_turn(super().executemany, query, list(param_list))

    def _in_turn(self, run: Callable[[str, Any], Any], query: str, params: Any) -> Any:
        """Run the statement as soon as the lock is free; raise SQLite's error if it is not in time."""
        until = None
        while True:
            try:
                return run(query, params)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                now = time.monotonic()
                until = until or now + self.lock_seconds()
                # In a transaction that has read something older, waiting would not help.
                if now >= until or error.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT:
                    congestion.note()
                    raise
                time.sleep(PAUSE_SECONDS)


def _is_out_of_time() -> bool:
    """Return whether SQLite has to interrupt the statement."""
    deadline = deadlines.current()
    return deadline is not None and time.monotonic() >= deadline.ends_at
