"""Counts in the cache, each one atomic step, so that parallel processes never lose one.

DRF's own throttles read a list, add to it and write it back: of fifty requests at once, each may find the list empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import cache
from django.db import Error
from django.utils.crypto import salted_hmac

from neo_base.rest.errors import Unavailable
from neo_site.throttling.rates import Rate

SALT = "neo_site.throttling"
# An entry outlives its window by this, so that none expires while it is being counted.
MARGIN_SECONDS = 60


@dataclass(frozen=True)
class Subject:
    """A client whose requests or failures are counted, and the kind of count."""

    kind: str
    identity: str

    @property
    def key(self) -> str:
        """Return the key of the count, a keyed hash: a reader of the cache learns no names and addresses, and cannot
        test a guess."""
        return f"{self.kind}:{salted_hmac(SALT, f'{self.kind}:{self.identity}', algorithm='sha256').hexdigest()}"


def count(subject: Subject, rate: Rate, adding: int = 1) -> int:
    """Add to the count of `subject` in the current window and return the result.

    Costs one call of the cache, up to three at the beginning of a window. Raises Unavailable when the cache does not
    answer.
    """
    key = window_key(subject, rate)
    with cache_errors():
        try:
            return int(cache.incr(key, adding))
        except ValueError:
            if cache.add(key, adding, timeout=rate.seconds + MARGIN_SECONDS):
                return adding
            return int(cache.incr(key, adding))


def take_back(subject: Subject, rate: Rate) -> None:
    """Take one off the count; do nothing when its window has passed."""
    with cache_errors():
        try:
            cache.decr(window_key(subject, rate))
        except ValueError:
            return


def forget(subject: Subject, rate: Rate) -> None:
    """Delete the count of the current window."""
    with cache_errors():
        cache.delete(window_key(subject, rate))


def seconds_left(rate: Rate) -> float:
    """Return the seconds until the end of the current window."""
    return rate.seconds - time.time() % rate.seconds


@contextmanager
def cache_errors() -> Iterator[None]:
    """Raise Unavailable when the cache of the block does not answer, whichever kind it is."""
    try:
        yield
    except _unanswered() as error:
        raise Unavailable(reason=None if isinstance(error, Error) else "cache") from error


def _unanswered() -> tuple[type[Exception], ...]:
    """Return what caches raise when they do not answer.

    Called for an exception only: to import the client of Redis takes a tenth of each process's start, and few sites
    have a Redis.
    """
    from redis.exceptions import RedisError

    return Error, RedisError


def window_key(subject: Subject, rate: Rate) -> str:
    """Return the key of the count of `subject` in the current window."""
    # The number of the window is in the key, so that no count needs a reset, which could not be one atomic step.
    return f"{subject.key}:{rate.seconds}:{int(time.time() // rate.seconds)}"
