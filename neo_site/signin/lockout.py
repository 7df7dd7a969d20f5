"""The lockout: pauses for clients that guess passwords, each twice as long as the one before.

Whatever checks a password does it inside of `sign_in_attempt`, so that the API and the admin share one count. Failures
are counted by user name and, separately, by client address, whether or not a user has that name. An attempt is counted
before the password is hashed and taken back when it succeeds: counting failures afterwards would let any number of
parallel attempts pass. At the limit of the hour one more attempt goes through, and the next has to wait for the end of
a pause, which doubles with each failure. Where a proxy does not tell its clients apart, the count by address only slows
answers down: otherwise one client could keep all others from signing in.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from neo_base.access.client_addresses import network_of
from neo_site.signin.records import note_failure
from neo_site.signin.user_names import normalise
from neo_site.throttling.client_addresses import client_address, is_shared
from neo_site.throttling.counts import Subject, cache_errors, count, forget, take_back
from neo_site.throttling.throttles import slow_down

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 900


@contextmanager
def sign_in_attempt(request: HttpRequest, name: str) -> Iterator[None]:
    """Count an attempt to sign in as `name`, and let the block run that checks the password.

    The attempt stays counted as a failure when the block raises, and is taken back when it does not. Raises Throttled
    when the client has to wait, which the audit log gets to know, and Unavailable when the cache does not answer; the
    block is then not run. Costs two to six calls of the cache, and as many again to take an attempt back.
    """
    attempt = Attempt(name=name, address=client_address(request), is_address_shared=is_shared(request))
    try:
        attempt.admit()
    except Throttled as refusal:
        note_failure(request, name, refusal)
        raise
    yield
    attempt.take_back()


@dataclass
class _Guard:
    """The attempts under one name, or from one address."""

    subject: Subject
    is_shared: bool = False
    """Whether others, who did not fail, are counted with it: then it makes nobody wait, but holds answers back."""
    begins_pause: bool = False

    def admit(self) -> None:
        """Count an attempt, or raise Throttled when it has to wait; what has to wait is not counted."""
        rate = settings.NEO_THROTTLES[self.subject.kind]
        if rate is None:
            return
        if not self.is_shared:
            self._require_no_pause()
        excess = count(self.subject, rate) - rate.limit
        if excess < 0:
            return
        if self.is_shared:
            slow_down(self.subject, rate)
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(excess, 10), LONGEST_PAUSE_SECONDS)
        with cache_errors():
            # Of several attempts at once, the one that sets the pause goes through.
            self.begins_pause = cache.add(self._pause_key, _milliseconds() + pause * 1_000, timeout=pause)
        if not self.begins_pause:
            take_back(self.subject, rate)
            self._require_no_pause()
            raise Throttled(wait=1)
        logger.warning("sign_in.paused by=%s seconds=%d", self.subject.kind, pause)

    def take_back(self) -> None:
        """Undo `admit`, the pause that it began included."""
        rate = settings.NEO_THROTTLES[self.subject.kind]
        if rate is None:
            return
        take_back(self.subject, rate)
        if self.begins_pause:
            self._end_pause()

    def lift(self) -> None:
        """Forget the failures of the current hour and end the pause."""
        rate = settings.NEO_THROTTLES[self.subject.kind]
        if rate is not None:
            forget(self.subject, rate)
        self._end_pause()

    @property
    def _pause_key(self) -> str:
        return f"{self.subject.key}:pause"

    def _require_no_pause(self) -> None:
        with cache_errors():
            end = cache.get(self._pause_key)
        left = 0 if end is None else end - _milliseconds()
        if left > 0:
            raise Throttled(wait=left / 1_000)

    def _end_pause(self) -> None:
        with cache_errors():
            cache.delete(self._pause_key)


@dataclass
class Attempt:
    """One attempt to sign in. Its name and address are in no log, and in the cache only as keyed hashes."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    is_address_shared: bool = False

    def __post_init__(self) -> None:
        by_address = Subject("sign_in_address", network_of(self.address))
        self._by_address = _Guard(by_address, is_shared=self.is_address_shared)
        self._by_name = _Guard(Subject("sign_in_name", normalise(self.name)))

    def admit(self) -> None:
        """Count the attempt; raise Throttled when it has to wait, Unavailable when the cache does not answer.

        The address comes first: an address that has to wait must not use up the attempts of a name.
        """
        self._by_address.admit()
        try:
            self._by_name.admit()
        except Throttled:
            self._by_address.take_back()
            raise

    def take_back(self) -> None:
        """Stop counting this attempt as a failure.

        Earlier failures stay counted: otherwise a job that signs in every minute would clear them for a thief.
        """
        self._by_name.take_back()
        self._by_address.take_back()


def _milliseconds() -> int:
    # Every kind of cache keeps whole numbers unchanged.
    return int(time.time() * 1_000)


def unlock(*, name: str) -> None:
    """Let `name` sign in at once, however often it failed. Pauses of client addresses stay."""
    _Guard(Subject("sign_in_name", normalise(name))).lift()
