"""Connections to PostgreSQL that do not wait for ever.

PostgreSQL ends slow statements itself, and the kernel notices a machine that is gone. But a server that is stopped, or
whose disk hangs, keeps its connections open and stays silent. Only the client's own clock notices that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from threading import Lock
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus

from neo_site import deadlines

# What a request that has no time left may still wait, so that a server that works can roll back.
LEAST_SECONDS = 0.25
# How long after an answer a connection is taken to work, unless the server has closed it.
TRUSTED_SECONDS = 1.0


class Unanswered(psycopg.OperationalError):
    """The server keeps the connection open and does not answer."""

    outage = "database_frozen"

    def __init__(self) -> None:
        super().__init__("The database did not answer in time.")


class OutOfTime(psycopg.OperationalError):
    """The request has used up its time while it waited for an answer. The server may well be working."""

    outage = "deadline"

    def __init__(self) -> None:
        super().__init__("The request has used up its time.")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that closes itself when an answer takes longer than `patience` seconds, or than its request has.

    What the server will do with the statement is unknown then, so the connection cannot be used again.
    """

    patience: float | None = None
    answered_at: float = 0.0
    """When the server last answered, on the clock of `time.monotonic`."""
    on_silence: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        deadline = deadlines.current()
        left = None if deadline is None else max(deadline.seconds_left(), LEAST_SECONDS)
        is_hurried = left is not None and (self.patience is None or left < self.patience)
        seconds = (left if is_hurried else self.patience) if timeout is None else timeout
        try:
            answer = super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            # An error that the server sends ends the statement. A statement that is still active got no answer.
            if timeout is not None or self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
        else:
            self.answered_at = monotonic()
            return answer
        self.pgconn.finish()
        if is_hurried:
            raise OutOfTime
        self.on_silence()
        raise Unanswered

    def answered_just_now(self) -> bool:
        """Return whether the server answered a moment ago and has sent nothing since, such as that it stops.

        Costs no round trip.
        """
        if self.closed or monotonic() - self.answered_at > TRUSTED_SECONDS:
            return False
        unread = poll()
        unread.register(self.fileno(), POLLIN)
        return not unread.poll(0)


class Suspicion:
    """The memory that the database was silent, shared by all threads.

    While it lasts, one thread at a time asks the database again and the others fail at once, so that they can answer
    what needs no database.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_raised = False

    def rouse(self) -> None:
        """Begin to suspect the database."""
        self._is_raised = True

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Enclose a question to the database; raise Unanswered if it was silent and another thread is asking it now."""
        alone = self._lock.acquire(blocking=False)
        try:
            if self._is_raised and not alone:
                raise Unanswered
            yield
            self._is_raised = False
        except psycopg.errors.ConnectionTimeout:
            self.rouse()
            raise
        finally:
            if alone:
                self._lock.release()
