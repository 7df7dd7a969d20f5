"""The quick way: fewer statements for the regular case, beside the plain way, which serves every case.

Whoever takes it has written nothing when it gives up, and says no refusal: the plain way runs then, and says it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from neo_base.conf import conf

Listener = Callable[[str, bool], None]


def is_open() -> bool:
    """Return whether the quick way can be tried: the site allows it, and the database is a regular PostgreSQL.

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


class Ways:
    """A count of how often each way was taken, kept by whoever listens, such as the metrics of a site."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def tell(self, listener: Listener) -> None:
        """Call `listener` from now on with each job and whether it took the quick way."""
        self._listeners.append(listener)

    def note(self, job: str, *, quick: bool) -> None:
        """Tell that `job`, a short name from the code, took the quick way or the plain one."""
        for listener in self._listeners:
            listener(job, quick)


ways = Ways()
