"""The quick way through a frequent request: fewer statements, for the regular case only.

A quick way has written nothing when it gives up, and says no refusal itself. Then the plain way follows, which knows
every case. So both give the same answers, and a site may switch the quick ways off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.dispatch import Signal
from rest_framework.exceptions import APIException

from neo_base.conf import conf

Result = TypeVar("Result")

way_taken = Signal()
"""Sent for each request that has a quick way: `job`, its name, and `is_quick`, whether it was taken."""


class NotRegular(Exception):
    """The case needs the plain way."""


_is_barred: ContextVar[bool] = ContextVar("quick_ways_are_barred", default=False)


@contextmanager
def only_plain_ways() -> Iterator[None]:
    """Bar the quick ways while this lasts: inside a transaction with something else, they would be one no more."""
    token = _is_barred.set(True)
    try:
        yield
    finally:
        _is_barred.reset(token)


def is_open() -> bool:
    """Return whether the site allows quick ways, and its database is a regular PostgreSQL.

    Values must travel apart from their statement, so that results can be binary, and times come in UTC.
    """
    if not conf.quick_way or settings.DATABASE_ROUTERS:
        return False
    connection = connections[DEFAULT_DB_ALIAS]
    return (
        connection.vendor == "postgresql"
        and bool(connection.settings_dict["OPTIONS"].get("server_side_binding"))
        and connection.timezone_name == "UTC"
    )


def note(job: str, *, is_quick: bool) -> None:
    """Tell which way a request took."""
    way_taken.send(sender=None, job=job, is_quick=is_quick)


def try_quickly(job: str, attempt: Callable[[], Result]) -> Result | None:
    """Return what `attempt` returns, or None if the plain way has to be taken.

    So it is where quick ways are switched off or barred, and where `attempt` raises NotRegular or refuses.
    """
    result = None
    if conf.quick_way and not _is_barred.get():
        with suppress(NotRegular, APIException):
            result = attempt()
    note(job, is_quick=result is not None)
    return result
