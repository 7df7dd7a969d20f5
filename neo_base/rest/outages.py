"""Why a request is answered with 503: one of a closed list of reasons, for the log and the metrics.

The client learns only that the service is not available. Which reason it is, the error itself says (`outage`), or the
code that the database sent: an SQLSTATE of PostgreSQL or a result code of SQLite.

`takes_nothing_now` is the one rule for "the database takes nothing now": the API, pages, probes, commands and whatever
runs beside them ask it, and catch no classes of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error, InterfaceError, OperationalError

OTHER = "other"
REASONS = {
    "database_down": "The database refuses connections, has closed one, or its file cannot be opened.",
    "database_frozen": "The database keeps the connection open and does not answer.",
    "connections": "The database has no connection left.",
    "lock": "Another transaction holds a lock for too long.",
    "statement_timeout": "A statement took longer than it may.",
    "read_only": "The database can only be read: a standby, or under maintenance.",
    "disk_full": "The database cannot write, for lack of space.",
    "deadline": "The request used up its time, or no thread was free for it in time.",
    "queue_full": "Too many requests wait for a thread.",
    "stopping": "The server is about to stop, after SIGTERM.",
    "client_gone": "The client closed the connection before the work was done, so it was undone.",
    "key_provider": "The master keys, or the service that unwraps them, cannot be reached.",
    "identity_provider": "The keys of the identity provider cannot be fetched.",
    "cache": "The cache, Redis, does not answer.",
    "restored_copy": "The database is a restored copy, and the credentials in it have not been revoked yet.",
    "migrations": "The database lacks migrations of this release.",
    OTHER: "None of these.",
}

# These end when an operator has done something, so it is no use to wait.
ENDED_BY_PEOPLE = frozenset({"restored_copy", "migrations", OTHER})

# What PostgreSQL says to a write while it is read-only or in recovery, and when it has ended a session for its age.
# Django has no better class for them than InternalError, which is otherwise a fault.
READ_ONLY = "25006"
_REFUSALS = frozenset({READ_ONLY, "25P03", "25P04"})
_SQLSTATES = {
    READ_ONLY: "read_only",
    "40001": "lock",
    "40P01": "lock",
    "53100": "disk_full",
    "53300": "connections",
    "55P03": "lock",
    "57014": "statement_timeout",
}
# SQLite's result codes: ERROR, which mostly means a missing table; BUSY, LOCKED, READONLY, INTERRUPT, FULL; and
# IOERR_WRITE, which a limit on the size causes.
_SQLITE_CODES = {1: OTHER, 5: "lock", 6: "lock", 8: "read_only", 9: "deadline", 13: "disk_full"}
_SQLITE_WRITE_FAILED = 778


def takes_nothing_now(error: BaseException) -> bool:
    """Return whether a database that takes nothing at the moment is behind `error` or one of its causes.

    It is down, frozen, full, read-only or in recovery, or has no lock or connection to give.
    """
    return any(
        isinstance(each, OperationalError | InterfaceError)
        or (isinstance(each, Error) and getattr(each.__cause__, "sqlstate", None) in _REFUSALS)
        for each in _with_causes(error)
    )


def passes(error: BaseException) -> bool:
    """Return whether what is behind `error` ends by itself, as a failover does, so that it is worth trying again."""
    return takes_nothing_now(error) and outage_of(error) not in ENDED_BY_PEOPLE


def outage_of(error: BaseException) -> str:
    """Return the reason, a key of REASONS, that `error` or one of its causes names."""
    for each in _with_causes(error):
        found = getattr(each, "outage", None) or _by_database(each) or ("cache" if is_of_cache(each) else None)
        if found in REASONS:
            return str(found)
    return str(getattr(error, "default_outage", OTHER))


def is_of_cache(error: BaseException) -> bool:
    """Return whether the client of Redis raised `error`; asked by name, since few sites have that package."""
    return type(error).__module__.partition(".")[0] == "redis"


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _by_database(error: BaseException) -> str | None:
    sqlite = getattr(error, "sqlite_errorcode", None)
    if isinstance(sqlite, int):
        return "disk_full" if sqlite == _SQLITE_WRITE_FAILED else _SQLITE_CODES.get(sqlite & 0xFF, "database_down")
    if not hasattr(error, "sqlstate"):
        return None
    # psycopg has no code for a connection that could not be made or was lost.
    return _SQLSTATES.get(error.sqlstate or "", "database_down")
