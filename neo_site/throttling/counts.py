"""Counts in the cache, each one atomic step, so that parallel processes never lose one.

DRF's own throttles read a list, add to it and write it back: of fifty requests at once, each may find the list empty.
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


def count(subject: Subject, rate: Rate) -> int:
    """Add one to the count of `subject` in the current window and return the result.

    Costs one call of the cache, up to three at the beginning of a window. Raises Unavailable when the cache does not
    answer.
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
    """Take one off the count; do nothing when its window has passed."""
    with cache_errors():
        try:
            cache.decr(_window_key(subject, rate))
        except ValueError:
            return


def forget(subject: Subject, rate: Rate) -> None:
    """Delete the count of the current window."""
    with cache_errors():
        cache.delete(_window_key(subject, rate))


def seconds_left(rate: Rate) -> float:
    """Return the seconds until the end of the current window."""
    return rate.seconds - time.time() % rate.seconds


@contextmanager
def cache_errors() -> Iterator[None]:
    """Raise Unavailable when the cache of the block does not answer, whichever kind it is."""
    try:
        yield
    except DatabaseError as error:
        raise Unavailable from error
    except RedisError as error:
        raise Unavailable(reason="cache") from error


def _window_key(subject: Subject, rate: Rate) -> str:
    # The number of the window is in the key, so that no count needs a reset, which could not be one atomic step.
    return f"{subject.key}:{rate.seconds}:{int(time.time() // rate.seconds)}"
