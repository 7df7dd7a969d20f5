"""Waits for SQLite's lock: as long as the request may, and then no more."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction

from neo_base.rest.outages import outage_of
from neo_site import deadlines
from neo_site.deadlines import Deadline
from neo_site.sqlite.base import congestion
from neo_site.throttling.models import CacheEntry
from tests.settings import ON_POSTGRESQL

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(ON_POSTGRESQL, reason="For the lock of SQLite."),
]


@pytest.fixture
def lock() -> Iterator[sqlite3.Connection]:
    """Another process, as it were, that holds the write lock."""
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()
    congestion.forget()


def seconds_of_a_write(deadline: Deadline) -> float:
    before = time.monotonic()
    with pytest.raises(OperationalError) as caught, deadlines.working_until(deadline), transaction.atomic():
        CacheEntry.objects.create(key="written", value="1", expires_at=9e9)
    assert outage_of(caught.value) == "lock"
    return time.monotonic() - before


@pytest.mark.usefixtures("lock")
def test_a_writer_waits_as_long_as_its_request_may_and_only_once() -> None:
    deadline = Deadline(seconds=10, lock_seconds=2)
    assert 1.9 < seconds_of_a_write(deadline) < 6
    assert seconds_of_a_write(deadline) < 1.5


@pytest.mark.usefixtures("lock")
def test_nobody_waits_to_write_something_along_while_the_lock_is_held() -> None:
    seconds_of_a_write(Deadline(seconds=10, lock_seconds=0.1))
    assert seconds_of_a_write(Deadline(seconds=10, lock_seconds=0.49)) < 0.45


@pytest.mark.usefixtures("lock")
def test_readers_do_not_wait() -> None:
    with deadlines.working_until(Deadline(seconds=10, lock_seconds=5)):
        before = time.monotonic()
        assert not CacheEntry.objects.exists()
    assert time.monotonic() - before < 4


def test_a_writer_gets_its_turn_when_the_lock_is_free_again(lock: sqlite3.Connection) -> None:
    seconds_of_a_write(Deadline(seconds=10, lock_seconds=0.1))
    lock.rollback()
    with deadlines.working_until(Deadline(seconds=10, lock_seconds=0.1)), transaction.atomic():
        CacheEntry.objects.create(key="written", value="1", expires_at=9e9)
    assert CacheEntry.objects.exists()


def test_a_transaction_that_has_read_something_older_does_not_wait() -> None:
    """No wait would let it write."""
    entry = CacheEntry.objects.create(key="read", value="1", expires_at=9e9)
    other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    with deadlines.working_until(Deadline(seconds=60, lock_seconds=60)), connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        entry.refresh_from_db()
        other.execute(f"UPDATE {CacheEntry._meta.db_table} SET value = '2'")  # noqa: S608  (a name of ours)
        before = time.monotonic()
        with pytest.raises(OperationalError) as caught:
            entry.save()
        assert time.monotonic() - before < 30
        cursor.execute("ROLLBACK")
    assert outage_of(caught.value) == "lock"
    other.close()
    congestion.forget()
