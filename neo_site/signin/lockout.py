"""Who guesses passwords has to wait, longer each time; the same for names that exist and for names that do not.

Failures are counted by name and, apart from that, by address. An attempt is counted before the password is hashed and
taken back when the password was right: counting failures afterwards would let any number of attempts pass at once.
When the limit of the hour is reached, one attempt goes through and the next has to wait out a pause, which doubles
with each failure.
"""

from __future__ import annotations

import logging
import time
import unicodedata
from dataclasses import dataclass, field

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled

from neo_base.access.client_addresses import network_of
from neo_site.throttling.counts import Subject, cache_errors, count, forget, take_back

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 900


def normalise(name: str) -> str:
    """Names that look alike, as one: forms of Unicode, letter case and blanks around it make no difference."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


@dataclass
class _Guard:
    """The attempts under one name, or from one address."""

    subject: Subject
    begins_pause: bool = False

    def admit(self) -> None:
        """Count an attempt; raises Throttled when it has to wait, and then counts nothing."""
        rate = settings.NEO_THROTTLES[self.subject.kind]
        if rate is None:
            return
        self._require_no_pause()
        excess = count(self.subject, rate) - rate.limit
        if excess < 0:
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(excess, 10), LONGEST_PAUSE_SECONDS)
        with cache_errors():
            # Of several at once, whoever sets the pause goes through.
            self.begins_pause = cache.add(self._pause_key, _milliseconds() + pause * 1_000, timeout=pause)
        if not self.begins_pause:
            take_back(self.subject, rate)
            self._require_no_pause()
            raise Throttled(wait=1)
        logger.warning("sign_in.paused by=%s seconds=%d", self.subject.kind, pause)

    def take_back(self) -> None:
        """The attempt as if it had not been."""
        rate = settings.NEO_THROTTLES[self.subject.kind]
        if rate is None:
            return
        take_back(self.subject, rate)
        if self.begins_pause:
            self._end_pause()

    def lift(self) -> None:
        """Forget the failures of the present hour, and the pause."""
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
    """One try at signing in. Its names and addresses are in no log, and in the cache as keyed hashes only."""

    name: str = field(repr=False)
    address: str = field(repr=False)

    def __post_init__(self) -> None:
        self._by_address = _Guard(Subject("sign_in_address", network_of(self.address)))
        self._by_name = _Guard(Subject("sign_in_name", normalise(self.name)))

    def admit(self) -> None:
        """Count the attempt; raises Throttled when it has to wait, Unavailable when the cache does not answer.

        The address first: one that has to wait must not use up the attempts of a name.
        """
        self._by_address.admit()
        try:
            self._by_name.admit()
        except Throttled:
            self._by_address.take_back()
            raise

    def succeeded(self) -> None:
        """It was no failure. Earlier ones stay: a job that signs in each minute would else clear them for a thief."""
        self._by_name.take_back()
        self._by_address.take_back()


def _milliseconds() -> int:
    # Whole numbers are what each kind of cache keeps as they are.
    return int(time.time() * 1_000)


def unlock(*, name: str) -> None:
    """Let `name` sign in at once, whatever failed before."""
    _Guard(Subject("sign_in_name", normalise(name))).lift()
