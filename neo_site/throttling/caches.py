"""A cache in the database whose counts stay right when several processes count at once.

Django's own database cache reads a number, adds one and writes it back, so that parallel requests lose counts; it
deletes live entries when there are many, so that a flood of new keys would remove the counts; and it unpickles what it
finds in its table. Here each call is one statement, only expired entries are deleted, and values are JSON.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

from neo_base.transactions import retry_serialization
from neo_site.throttling.models import CacheEntry

NEVER = 9e15
# On average, one in this many calls of `add` deletes the expired entries.
CLEAN_UP_EVERY = 200

ADD = """
    INSERT INTO neo_throttling_cacheentry AS entry (key, value, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
    WHERE entry.expires_at <= %s
"""
INCREASE = """
    UPDATE neo_throttling_cacheentry SET value = CAST(CAST(value AS bigint) + %s AS text)
    WHERE key = %s AND expires_at > %s RETURNING value
"""


class DatabaseCache(BaseCache):
    """A cache in the site's database for values that JSON can express."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if secrets.randbelow(CLEAN_UP_EVERY) == 0:
            self.delete_expired()
        with connection.cursor() as cursor:
            entry = (self.make_and_validate_key(key, version), json.dumps(value), self._end(timeout))
            cursor.execute(ADD, [*entry, time.time()])
            return bool(cursor.rowcount)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        live = CacheEntry.objects.filter(key=self.make_and_validate_key(key, version), expires_at__gt=time.time())
        value = live.values_list("value", flat=True).first()
        return default if value is None else json.loads(value)

    @retry_serialization
    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        entry = CacheEntry(
            key=self.make_and_validate_key(key, version), value=json.dumps(value), expires_at=self._end(timeout)
        )
        CacheEntry.objects.bulk_create(
            [entry], update_conflicts=True, unique_fields=["key"], update_fields=["value", "expires_at"]
        )

    def touch(self, key: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        live = CacheEntry.objects.filter(key=self.make_and_validate_key(key, version), expires_at__gt=time.time())
        return bool(live.update(expires_at=self._end(timeout)))

    @retry_serialization
    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(CacheEntry.objects.filter(key=self.make_and_validate_key(key, version)).delete()[0])

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Add `delta` to a number and return the result; raise ValueError when the key has none."""
        with connection.cursor() as cursor:
            cursor.execute(INCREASE, [delta, self.make_and_validate_key(key, version), time.time()])
            row = cursor.fetchone()
        if row is None:
            raise ValueError("There is no such key.")
        return int(row[0])

    @retry_serialization
    def clear(self) -> None:
        CacheEntry.objects.all().delete()

    @retry_serialization
    def delete_expired(self) -> None:
        CacheEntry.objects.filter(expires_at__lte=time.time()).delete()

    def _end(self, timeout: float | None) -> float:
        end = self.get_backend_timeout(timeout)
        return NEVER if end is None else end
