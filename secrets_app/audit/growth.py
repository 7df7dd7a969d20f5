"""The daily bounds on what users store, in bytes, and the reserve of free storage.

Whatever a user does leaves an audit event, so everything is counted where events are written: for each event its own
row, the row that it is about, and what the action says that it stored beside. An event of a user that would exceed the
bound is refused, and its transaction with it. What ends access or deletes something is never refused.

Each process adds what it has counted to the cache of the site after a hundredth of a bound, or after a minute, and
reads there what the others counted. So requests wait for nobody, and with several processes a bound is exceeded by no
more than a hundredth of it for each. With a cache that processes do not share, it holds for each process alone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock

from django.core.cache import cache
from django.db import Error, transaction

from neo_base.access.actors import ActorKind
from neo_base.audit.catalogue import Bound, Outcome, catalogue
from neo_base.transactions import on_failure
from secrets_app.audit.storage import require_reserve
from secrets_app.conf import conf
from secrets_app.errors import StoredTooMuch
from secrets_app.models import AuditEvent

BYTES_OF_AN_EVENT = 2_000
"""An audit event and the row that it is about, with their indexes."""
DAY = 86_400
SHARED_AFTER_SECONDS = 60
SHARES = 100
PEOPLE = (ActorKind.USER.value, ActorKind.STAFF.value)

logger = logging.getLogger(__name__)


@dataclass
class Count:
    """What one user stored on one day, as this process knows it."""

    shared: int
    """What the cache held when this process last looked."""
    own: int = 0
    """What this process has counted since."""
    looked_at: float = 0.0


class Counts:
    """The counts of this process."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}
        self._day = 0
        self._lock = Lock()

    def add(self, user_id: str, bound: Bound, size: int, limit: int) -> None:
        """Count `size` bytes. Raise StoredTooMuch, and count nothing, if that makes more than `limit` of the day."""
        now = time.time()
        key = _key(user_id, bound, now)
        with self._lock:
            if self._day != int(now // DAY):
                self._day, self._counts = int(now // DAY), {}
            count = self._counts.get(key)
        if count is None:
            count = Count(_read(key), looked_at=now)
        with self._lock:
            count = self._counts.setdefault(key, count)
            if count.shared + count.own + size > limit:
                raise StoredTooMuch(DAY - now % DAY)
            count.own += size
            is_due = count.own * SHARES >= limit or now - count.looked_at >= SHARED_AFTER_SECONDS
        if is_due:
            # Outside of the transaction, which would hold the row of a cache in the database until it ends.
            transaction.on_commit(lambda: self._share(key, count), robust=True)

    def take_back(self, user_id: str, bound: Bound, size: int) -> None:
        """Count these bytes no more: they were not stored."""
        with self._lock:
            if (count := self._counts.get(_key(user_id, bound, time.time()))) is not None:
                count.own -= size

    def forget(self) -> None:
        """Forget what was counted and not shared yet, as a new process would."""
        with self._lock:
            self._counts = {}

    def _share(self, key: str, count: Count) -> None:
        with self._lock:
            own, count.own = count.own, 0
            count.shared, count.looked_at = count.shared + own, time.time()
        shared = _add(key, own)
        with self._lock:
            count.shared = max(count.shared, shared)


counts = Counts()


def admit(events: Iterable[AuditEvent]) -> None:
    """Count what the events and their actions store. Raise StoredTooMuch or StorageLow if it may not be stored.

    It counts no more if the transaction fails, or begins again. Costs nothing as a rule; a call of the cache at a
    user's first event of the day, and now and then afterwards.
    """
    with admitted(events):
        pass


@contextmanager
def admitted(events: Iterable[AuditEvent]) -> Iterator[None]:
    """Enclose what stores the events: count it as `admit` does, and no more if it fails."""
    counted: list[tuple[str, Bound, int]] = []
    try:
        for (user_id, bound), size in _sizes(events).items():
            if bound is Bound.GROWTH:
                require_reserve()
            if conf.max_bytes_per_user_and_day is not None:
                counts.add(user_id, bound, size, conf.max_bytes_per_user_and_day)
                counted.append((user_id, bound, size))
        yield
    except Exception:
        _take_back(counted)
        raise
    on_failure(partial(_take_back, counted))


def _take_back(counted: Iterable[tuple[str, Bound, int]]) -> None:
    for user_id, bound, size in counted:
        counts.take_back(user_id, bound, size)


def _sizes(events: Iterable[AuditEvent]) -> Mapping[tuple[str, Bound], int]:
    """Return how many bytes the events and their actions store, by actor and by the bound that counts them."""
    sizes: dict[tuple[str, Bound], int] = {}
    for event in events:
        registered = catalogue.named(event.event)
        if event.actor_kind in PEOPLE and registered.outcome is Outcome.DONE and registered.bound is not Bound.NONE:
            key = event.actor_id, registered.bound
            sizes[key] = sizes.get(key, 0) + BYTES_OF_AN_EVENT + event.stored_bytes
    return sizes


def _key(user_id: str, bound: Bound, now: float) -> str:
    return f"secrets_app.growth:{bound.value}:{user_id}:{int(now // DAY)}"


def _read(key: str) -> int:
    try:
        return int(cache.get(key, 0))
    except Error:
        # The transaction is lost with it.
        raise
    except Exception:  # noqa: BLE001  (each cache has errors of its own)
        logger.warning("growth.uncounted")
        return 0


def _add(key: str, size: int) -> int:
    try:
        if cache.add(key, size, timeout=2 * DAY):
            return size
        return int(cache.incr(key, size))
    except Exception:  # noqa: BLE001  (each cache has errors of its own)
        # This process still counts what it did itself.
        logger.warning("growth.uncounted")
        return 0
