"""The caches in the database and in a file keep the promises of Django's caches, and those that counting needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import OperationalError, connection

from neo_site.configuration.caches import COUNTS
from neo_site.throttling import caches as database_cache
from neo_site.throttling import file_cache
from neo_site.throttling.file_cache import FileCache
from neo_site.throttling.models import CacheEntry
from tests.limits import Clock, use_cache, use_file_cache

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=["dbcache", "file"])
def kind(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    choose: dict[str, Callable[[], None]] = {
        "dbcache": lambda: use_cache(settings, "dbcache"),
        "file": lambda: use_file_cache(settings, tmp_path / COUNTS),
    }
    choose[request.param]()
    return str(request.param)


def entries(kind: str) -> list[float]:
    """When each entry expires."""
    if kind == "dbcache":
        return list(CacheEntry.objects.values_list("expires_at", flat=True))
    file: Any = caches["default"]
    return [end for (end,) in file._connected().execute("SELECT expires_at FROM entry")]


@pytest.mark.parametrize("value", ["text", 7, 1.5, None, True, ["a", {"b": 1}], ""])
def test_a_value_is_read_as_it_was_set(value: Any) -> None:
    cache.set("key", "before")
    cache.set("key", value)
    assert cache.get("key", "missing") == value


def test_many_entries_are_set_read_and_deleted() -> None:
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.delete_many(["a", "b"])
    assert cache.get_many(["a", "b"]) == {}


def test_a_missing_entry_gives_the_default() -> None:
    assert cache.get("key", "default") == "default"
    assert cache.delete("key") is False
    assert cache.touch("key") is False


def test_adding_replaces_only_an_expired_entry(clock: Clock) -> None:
    assert cache.add("key", 1, timeout=10) is True
    assert cache.add("key", 2, timeout=10) is False
    assert cache.get("key") == 1
    clock.forward(11)
    assert cache.get("key") is None
    assert cache.add("key", 3, timeout=10) is True
    assert cache.get("key") == 3


def test_touching_prolongs_an_entry(clock: Clock) -> None:
    cache.set("key", 1, timeout=10)
    assert cache.touch("key", timeout=100) is True
    clock.forward(50)
    assert cache.get("key") == 1


def test_without_timeout_an_entry_lasts_for_ever(clock: Clock) -> None:
    cache.set("key", 1, timeout=None)
    clock.forward(10**9)
    assert cache.get("key") == 1


def test_counting_does_not_change_the_timeout(clock: Clock) -> None:
    cache.add("key", 1, timeout=10)
    assert cache.incr("key") == 2
    assert cache.incr("key", 5) == 7
    assert cache.decr("key") == 6
    clock.forward(11)
    with pytest.raises(ValueError, match="no such key"):
        cache.incr("key")


def test_a_flood_of_new_entries_deletes_no_live_one(kind: str, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    for module in (database_cache, file_cache):
        monkeypatch.setattr(module, "CLEAN_UP_EVERY", 1)
    cache.add("count", 1, timeout=1_000)
    cache.add("old", 1, timeout=1)
    clock.forward(2)
    for number in range(400):
        cache.add(f"new-{number}", 1, timeout=1_000)
    assert cache.get("count") == 1
    assert len(entries(kind)) == 401
    assert min(entries(kind)) > time.time()


def test_clearing_leaves_nothing(kind: str) -> None:
    cache.set("key", 1)
    cache.clear()
    assert entries(kind) == []


def test_threads_and_processes_lose_no_count(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / COUNTS
    use_file_cache(settings, path)
    cache.add("key", 0, timeout=1_000)

    def count(_: int) -> None:
        other = FileCache(str(path), {})
        for _ in range(50):
            other.incr("key")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))
    assert cache.get("key") == 200
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_used_is_an_error_of_the_database(settings: Any, tmp_path: Path) -> None:
    use_file_cache(settings, tmp_path / "missing" / COUNTS)
    with pytest.raises(OperationalError, match="cannot be used"):
        cache.get("key")
    (tmp_path / "missing").mkdir()
    cache.set("key", 1)
    assert cache.get("key") == 1


def test_the_table_is_unlogged_on_postgresql() -> None:
    names = {"postgresql": ["u"], "sqlite": []}
    query = {
        "postgresql": "SELECT relpersistence::text FROM pg_class WHERE relname = 'neo_throttling_cacheentry'",
        "sqlite": "SELECT 1 WHERE 1 = 0",
    }
    with connection.cursor() as cursor:
        cursor.execute(query[connection.vendor])
        assert [row[0] for row in cursor.fetchall()] == names[connection.vendor]
