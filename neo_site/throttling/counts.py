"""Counting in the cache, each count one atomic step, so that processes side by side never lose one.

DRF's own throttles read a list, add to it and write it back: of fifty requests at once each may find the list empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import cache
from django.db import DatabaseError
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from neo_base.rest.errors import Unavailable
from neo_site.throttling.rates import Rate

SALT = "neo_site.throttling"
# An entry outlives its window by this, so that none ends while it is being counted.
MARGIN_SECONDS = 60


@dataclass(frozen=True)
class Subject:
    """Who is counted, and for what."""

    kind: str
    identity: str

    @property
    def key(self) -> str:
        """A keyed hash: who reads the cache learns neither names nor addresses, and cannot try them out either."""
        return f"{self.kind}:{salted_hmac(SALT, f'{self.kind}:{self.identity}', algorithm='sha256').hexdigest()}"


def count(subject: Subject, rate: Rate) -> int:
    """Add one to the count of `subject` in the present window; the count after that.

    Costs one call of the cache, three at the beginning of a window; raises Unavailable when the cache does not answer.
    """
    key = _window_key(subject, rate)
    with cache_errors():
        try:
            return int(cache.incr(key))
        except ValueError:
            if cache.add(key, 1, timeout=rate.seconds + MARGIN_SECONDS):
                return 1
            return int(cache.incr(key))


def take_back(subject: Subject, rate: Rate) -> None:
    """Take one off the count; nothing when its window has passed."""
    with cache_errors():
        try:
            cache.decr(_window_key(subject, rate))
        except ValueError:
            return


def forget(subject: Subject, rate: Rate) -> None:
    with cache_errors():
        cache.delete(_window_key(subject, rate))


def seconds_left(rate: Rate) -> float:
    """How long the present window lasts yet."""
    return rate.seconds - time.time() % rate.seconds


@contextmanager
def cache_errors() -> Iterator[None]:
    """A cache that does not answer is 503, whichever it is."""
    try:
        yield
    except (DatabaseError, RedisError) as error:
        raise Unavailable from error


def _window_key(subject: Subject, rate: Rate) -> str:
    # The number of the window is part of the key: a count never has to be reset, which could not be one atomic step.
    return f"{subject.key}:{rate.seconds}:{int(time.time() // rate.seconds)}"
