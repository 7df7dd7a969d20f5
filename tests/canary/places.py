"""The places that are searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection

Parts = list[Any]


def database() -> Parts:
    """All that the database holds: the files of SQLite, its log included; every row of every table of PostgreSQL."""
    return {"sqlite": _sqlite_files, "postgresql": _postgresql_rows}[connection.vendor]()


def answer(response: Any) -> Parts:
    """An answer as it goes out: head and body."""
    cookies = response.cookies.output() if hasattr(response, "cookies") else ""
    head = [f"{name}: {value}" for name, value in response.items()]
    return [bytes(response.content), *head, cookies]


def inside(thing: Any, depth: int = 3) -> list[Any]:
    """The thing and what its attributes hold, some levels down."""
    found = [thing]
    held: list[Any] = list(getattr(thing, "__dict__", {}).values())
    held += [getattr(thing, name) for name in getattr(type(thing), "__slots__", ()) if hasattr(thing, name)]
    held += list(thing.values()) if isinstance(thing, dict) else []
    held += list(thing) if isinstance(thing, list | tuple | set | frozenset) else []
    for part in held if depth else ():
        found += inside(part, depth - 1)
    return found


def _sqlite_files() -> Parts:
    main = Path(str(connection.settings_dict["NAME"]))
    files = [main, main.with_name(f"{main.name}-wal"), main.with_name(f"{main.name}-journal")]
    return [file.read_bytes() for file in files if file.exists()]


def _postgresql_rows() -> Parts:
    parts: Parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  (the names come from the catalogue)
            parts += [column for row in cursor.fetchall() for column in row]
    return parts
