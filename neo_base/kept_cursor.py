"""The cursor of a connection that statements of the quick way share, one after the other.

Django makes a cursor for each statement, and each new one looks up again how every type is written and read, which
takes Python a third of the statement's time.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper

# As psycopg numbers the formats of results. Binary ones are read in C, times among them.
BINARY = 1

_KEPT = "neo_kept_cursor"


def kept_cursor() -> CursorWrapper:
    """Return the cursor of this thread's connection, which is PostgreSQL.

    Read all rows before anything else asks the database. Results are binary where values travel apart from their
    statement. Where statements are logged, as tests do to count them, it is a new cursor each time.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    # As Django does before it makes a cursor.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    kept: CursorWrapper | None = getattr(connection, _KEPT, None)
    if kept is not None and kept.cursor.connection is connection.connection and not connection.queries_logged:
        return kept
    made: CursorWrapper = connection.cursor()
    if connection.settings_dict["OPTIONS"].get("server_side_binding"):
        made.cursor.format = BINARY
    if not connection.queries_logged:
        setattr(connection, _KEPT, made)
    return made
