"""A cache in an SQLite file of its own, for sites whose database is SQLite.

SQLite has one writer at a time. With the counts in the database, each request would write there, and reading would wait
for all who write, and for the disk. Here a count is written within microseconds, and no disk is waited for: counts may
be lost when the machine fails.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import OperationalError

from neo_site.throttling.caches import CLEAN_UP_EVERY, NEVER

# Each writer has the lock for microseconds, so whoever waits so long waits for something broken.
LOCK_SECONDS = 2.0
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
TABLE = "CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at REAL NOT NULL)"
ADD = """
    INSERT INTO entry (key, value, expires_at) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
    WHERE entry.expires_at <= ?
"""
SET = "INSERT OR REPLACE INTO entry (key, value, expires_at) VALUES (?, ?, ?)"
INCREASE = """
    UPDATE entry SET value = CAST(CAST(value AS INTEGER) + ? AS TEXT) WHERE key = ? AND expires_at > ? RETURNING value
"""


class FileCache(BaseCache):
    """A cache in the file `LOCATION` for values that JSON can express. Each call is one statement.

    Only expired entries are deleted, so that a flood of new keys removes no count. Raises Django's
    OperationalError when the file cannot be used.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._path = location
        # Django makes a cache for each thread, so a connection is shared by none.
        self._connection: sqlite3.Connection | None = None

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if secrets.randbelow(CLEAN_UP_EVERY) == 0:
            self._run("DELETE FROM entry WHERE expires_at <= ?", time.time())
        entry = (self.make_and_validate_key(key, version), json.dumps(value), self._end(timeout))
        return self._run(ADD, *entry, time.time()) > 0

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        name = self.make_and_validate_key(key, version)
        found = self._read("SELECT value FROM entry WHERE key = ? AND expires_at > ?", name, time.time())
        return default if found is None else json.loads(found)

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._run(SET, self.make_and_validate_key(key, version), json.dumps(value), self._end(timeout))

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name = self.make_and_validate_key(key, version)
        update = "UPDATE entry SET expires_at = ? WHERE key = ? AND expires_at > ?"
        return self._run(update, self._end(timeout), name, time.time()) > 0

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._run("DELETE FROM entry WHERE key = ?", self.make_and_validate_key(key, version)) > 0

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add `delta` to a number and return the result; raise ValueError when the key has none."""
        found = self._read(INCREASE, delta, self.make_and_validate_key(key, version), time.time())
        if found is None:
            raise ValueError("There is no such key.")
        return int(found)

    def clear(self) -> None:
        self._run("DELETE FROM entry")

    def _run(self, statement: str, *values: Any) -> int:
        """Return how many entries the statement has changed."""
        try:
            return self._connected().execute(statement, values).rowcount
        except (sqlite3.Error, OSError) as error:
            raise self._unusable() from error

    def _read(self, statement: str, *values: Any) -> str | None:
        """Return the value of the one entry that the statement returns; None if there is none."""
        try:
            # Read to the end, or the statement would keep the lock.
            rows = self._connected().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable() from error
        return rows[0][0] if rows else None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            # For the owner only. SQLite gives the files that it puts beside this one the same mode.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self._path, timeout=LOCK_SECONDS, isolation_level=None)
            connection.executescript(PRAGMAS + TABLE)
            self._connection = connection
        return self._connection

    def _unusable(self) -> OperationalError:
        """Forget the connection, so that the next call makes a new one; return the error to raise."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return OperationalError("The file of the counts cannot be used.")

    def _end(self, timeout: float | None) -> float:
        end = self.get_backend_timeout(timeout)
        return NEVER if end is None else end
