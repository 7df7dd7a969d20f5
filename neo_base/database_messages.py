"""The messages of databases, without the values that they may quote.

A message says why: which host refused, which table is missing, which constraint was violated. But it may also quote
what a client sent. So of PostgreSQL only the first line is shown (DETAIL, CONTEXT and the statement repeat whole rows),
up to the first quotation that is not the name of something in the schema; of connections and of SQLite, only
messages of known forms.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from django.db import connections

REMOVED = "(removed)"
MAX_LENGTH = 300
_QUOTED = re.compile(r"[\"'«»“”„`]")
_NAME = re.compile(r'"([A-Za-z_][A-Za-z0-9_$]{0,62})"')
# Of these SQLSTATEs, what stands in quotes is a name in our own statement: undefined, duplicate or forbidden objects.
_QUOTES_NAMES = frozenset({"42P01", "42703", "42P07", "42701", "42704", "42710", "42883", "42501", "3F000", "3D000"})
# Texts that somebody wrote into a trigger or a function may hold anything.
_UNKNOWN = ("P0", "XX")
_OF_CONNECTIONS = re.compile(
    r"connection (failed|is bad|timeout)|failed to resolve host|(sending|consuming|flushing) .*failed|server closed|"
    r"the connection is (closed|lost)|PostgreSQL text fields cannot contain NUL"
)
_OF_SQLITE = re.compile(
    r"no such (table|column|index|function|module): [\w.]+|table \w+ has no column named \w+|"
    r"(UNIQUE|NOT NULL|CHECK|PRIMARY KEY) constraint failed: (index ')?[\w., ]+'?|FOREIGN KEY constraint failed|"
    r"(table|index|view|trigger) \"?\w+\"? already exists|duplicate column name: \w+|"
    r"unable to open database file|database (is|table is|schema is) locked(: \w+)?|"
    r"attempt to write a readonly database|database or disk is full|disk I/O error|"
    r"database disk image is malformed|file is not a database|"
    r"too many SQL variables|string or blob too big|datatype mismatch|interrupted"
)


def shown(error: BaseException) -> str:
    """Return the type of `error` and, where a database is behind it, its message without values."""
    message = message_of(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def message_of(error: BaseException) -> str:
    """Return the message of the database behind `error` or its causes, without values; empty if there is none."""
    return next(filter(None, map(_message, _causes(error))), "")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _message(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        text = str(error)
        return text if _OF_SQLITE.fullmatch(text) else ""
    diagnosis = getattr(error, "diag", None)  # psycopg's, which a host site need not have installed
    if diagnosis is None or not hasattr(diagnosis, "message_primary"):
        return ""
    if diagnosis.sqlstate is None:
        # A line that begins with a tab is a hint of libpq's.
        text = " ".join(re.sub(r"\n\t.*", "", str(error)).split())
        return _without_passwords(text)[:MAX_LENGTH] if _OF_CONNECTIONS.match(text) else ""
    if diagnosis.sqlstate.startswith(_UNKNOWN):
        return str(diagnosis.sqlstate)
    return f"{_without_values(diagnosis.message_primary or '', diagnosis)[:MAX_LENGTH]} ({diagnosis.sqlstate})"


def _without_values(text: str, diagnosis: Any) -> str:
    """Return `text` up to its first quotation of what is no name: a value may hold quotes, so it has no sure end."""
    columns = ("constraint_name", "table_name", "column_name", "schema_name", "datatype_name")
    known = {getattr(diagnosis, column) for column in columns}
    end = 0
    while (quote := _QUOTED.search(text, end)) is not None:
        name = _NAME.match(text, quote.start())
        if name is None or not (name[1] in known or diagnosis.sqlstate in _QUOTES_NAMES):
            return f"{text[: quote.start()]}{REMOVED}"
        end = name.end()
    return text


def _without_passwords(text: str) -> str:
    """Return `text` without the passwords of the configured databases: a mistyped URL may put one in another place."""
    for database in connections.databases.values():
        password = str(database.get("PASSWORD") or "")
        text = text.replace(password, REMOVED) if len(password) > 3 else text
    return text
