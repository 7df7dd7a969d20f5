"""Transactions that begin again where the database could not put them in an order with others.

Where PostgreSQL runs them one by one in effect (`default_transaction_isolation = serializable`), a transaction does not
wait for what another one changes: it fails, and has to be run again. With any isolation, so does the victim of a
deadlock. Nothing of a failed one is left in the database, and what waits for its commit is dropped.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

P = ParamSpec("P")
Result = TypeVar("Result")
Execute = Callable[[str, Any, bool, dict[str, Any]], Any]
Undo = Callable[[], None]

# As long as a statement waits for a lock by default: to run again is how these transactions wait.
RETRY_SECONDS = 3.0
LONGEST_PAUSES = (0.005, 0.01, 0.02, 0.04, 0.08)
# PostgreSQL's serialization_failure and deadlock_detected.
RUN_AGAIN = frozenset({"40001", "40P01"})
UNIQUE_VIOLATION = "23505"
# The next try sees the row that this one could not see. If it fails as well, something else is wrong.
TRIES_FOR_A_HIDDEN_ROW = 3

_undone_by: ContextVar[list[Undo] | None] = ContextVar("neo_base_undone_by", default=None)


def atomic(function: Callable[P, Result]) -> Callable[P, Result]:
    """Run `function` in a transaction, as `transaction.atomic` does, and again as `retry_serialization` does."""
    return retry_serialization(transaction.atomic(function))


def retry_serialization(function: Callable[P, Result]) -> Callable[P, Result]:
    """Run `function`, whose work is one transaction, again and again while the database could not serialize that.

    So it has no effect outside of the database before its commit but what it gives to `on_failure`, and reads afresh
    what it changes. Within a transaction it runs once, since only the whole of that can begin again. After
    `RETRY_SECONDS` it raises what the database said, which is an outage for clients.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Result:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        return _retried(partial(function, *args, **kwargs), connection)

    return run


def on_failure(undo: Undo) -> None:
    """Call `undo` if the transaction that runs now is not committed, so that what was counted beside it counts no more.

    It has to be one that this module runs; in any other one, nobody calls it.
    """
    undone = _undone_by.get()
    if undone is not None:
        undone.append(undo)


def retry_statement(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement that is a transaction of its own again, as `retry_serialization` does: Django calls this."""
    connection, run = context["connection"], partial(execute, sql, params, many, context)
    return run() if connection.in_atomic_block or many else _retried(run, connection)


@receiver(connection_created, dispatch_uid="neo_base.retry_statement")
def watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let what is asked outside of transactions be asked again, too. SQLite knows no such failures."""
    if connection.vendor == "postgresql" and retry_statement not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, retry_statement)


def _retried(run: Callable[[], Result], connection: BaseDatabaseWrapper) -> Result:
    until, tries = time.monotonic() + RETRY_SECONDS, 0
    while True:
        tries += 1
        try:
            return _undone_on_failure(run)
        except Exception as error:
            is_hidden = tries < TRIES_FOR_A_HIDDEN_ROW and _is_of_a_hidden_row(error, connection)
            if time.monotonic() > until or not (is_hidden or _codes(error) & RUN_AGAIN):
                raise
        # At random, so that those who failed together do not come back together.
        time.sleep(random.uniform(0, LONGEST_PAUSES[min(tries, len(LONGEST_PAUSES)) - 1]))  # noqa: S311


def _undone_on_failure(run: Callable[[], Result]) -> Result:
    undone: list[Undo] = []
    token = _undone_by.set(undone)
    try:
        return run()
    except BaseException:
        for undo in reversed(undone):
            undo()
        raise
    finally:
        _undone_by.reset(token)


def _is_of_a_hidden_row(error: Exception, connection: BaseDatabaseWrapper) -> bool:
    """Return whether a row was in the way that its transaction could not see, as `get_or_create` says it.

    It can only be where a transaction goes on seeing what there was when it began.
    """
    if not isinstance(error, IntegrityError) or UNIQUE_VIOLATION not in _codes(error):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('default_transaction_isolation')")
        (isolation,) = cursor.fetchone()
    return isolation in ("repeatable read", "serializable")


def _codes(error: BaseException | None) -> set[str | None]:
    """Return the SQLSTATEs of `error` and of its causes."""
    codes = set()
    while error is not None:
        codes.add(getattr(error, "sqlstate", None))
        error = error.__cause__
    return codes
