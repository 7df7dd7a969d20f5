"""A connection that does not wait for ever.

PostgreSQL ends slow statements itself, and the kernel notices a machine that has gone; but a server that has been
stopped, or whose disk hangs, keeps its connections open and says nothing. Only the client's own clock notices that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus


class Unanswered(psycopg.OperationalError):
    """The server is there and silent."""

    def __init__(self) -> None:
        super().__init__("The database did not answer in time.")


class PatientConnection(psycopg.Connection[Any]):
    """Ends itself when an answer takes longer than `patience` seconds: what the server will do is not known then."""

    patience: float | None = None
    on_silence: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            # An error that the server sent is the end of a statement; one that is still active was not answered.
            if timeout is not None or self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
        self.pgconn.finish()
        self.on_silence()
        raise Unanswered


class Suspicion:
    """Whether the database was silent lately. As long as it is under suspicion, one thread at a time asks it again and
    the others are refused at once, so that they can answer what needs no database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_raised = False

    def rouse(self) -> None:
        self._is_raised = True

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around what tells whether the database answers; raises Unanswered while another thread is finding out."""
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
