"""The deadline of the request that a thread works on. Database connections wait no longer than it allows.

A request that is past its deadline, or whose client has gone, is answered 503 or not at all, and its client may send it
again. So its transaction must not commit afterwards: the database backends of this site ask `require_live` before each
commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import OperationalError

_current: ContextVar[Deadline | None] = ContextVar("neo_site_deadline", default=None)


class DeadlinePassed(OperationalError):
    """The request has used up its time."""

    outage = "deadline"


class ClientGone(OperationalError):
    """The client has closed the connection, so nobody would learn what the request did."""

    outage = "client_gone"


class Deadline:
    """The moments until which one request may work and wait for locks, and whether its client is still there.

    The moments are on the clock of `time.monotonic`.
    """

    __slots__ = ("answer_delay", "ends_at", "is_client_gone", "lock_ends_at")

    def __init__(self, *, seconds: float, lock_seconds: float) -> None:
        now = time.monotonic()
        self.ends_at = now + seconds
        self.lock_ends_at = now + lock_seconds
        self.is_client_gone = False
        self.answer_delay = 0.0
        """Seconds that the server keeps the answer back, without a thread: what slows a client down."""

    def seconds_left(self) -> float:
        """Return the seconds until the end, at least 0."""
        return max(0.0, self.ends_at - time.monotonic())

    def lock_seconds_left(self) -> float:
        """Return how long a statement may wait for SQLite's lock, in seconds, at least 0."""
        return max(0.0, min(self.lock_ends_at, self.ends_at) - time.monotonic())

    def require_live(self) -> None:
        """Raise DeadlinePassed or ClientGone if nobody waits for the answer any more."""
        if self.is_client_gone:
            raise ClientGone("The client has gone.")
        if time.monotonic() >= self.ends_at:
            raise DeadlinePassed("The request has used up its time.")


def current() -> Deadline | None:
    """Return the deadline of this thread's request; None outside of requests, as in commands."""
    return _current.get()


def require_live() -> None:
    """Raise DeadlinePassed or ClientGone if nobody waits for this thread's request any more."""
    deadline = _current.get()
    if deadline is not None:
        deadline.require_live()


@contextmanager
def working_until(deadline: Deadline) -> Iterator[None]:
    """Make `deadline` that of this thread, within the block."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)
