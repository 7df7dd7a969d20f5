"""A database as an earlier release left it: JSON in `data/`, loaded by plain SQL into tables of that time.

`data/VERSION.json` holds `version`, `migrations` (those that were applied, as pairs of app and name) and `tables` (by
name: `columns`, and `rows` of as many values). A value is null, a boolean, a number or a text as JSON has them, else
an object with one key, its type: `{"bytes": base64}`, `{"uuid": text}`, `{"datetime": ISO 8601 in UTC}` or
`{"json": value}`. `data/VERSION.expected.json` holds what must come out of it: keys, tokens, values and counts.
"""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.live.databases import ON_POSTGRESQL, new_postgresql

DATA = Path(__file__).parent / "data"
OURS = {"projects", "secrets_app", "neo_signin", "neo_throttling"}


def read(name: str) -> dict[str, Any]:
    """Return the content of `data/NAME.json`."""
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


@contextmanager
def separate_database() -> Iterator[None]:
    """Connect to a new and empty database, beside the one of the test run; back to that one at the end."""
    with tempfile.TemporaryDirectory() as directory:
        former = _connect(_new_database(Path(directory)))
        try:
            yield
        finally:
            _connect(former)


def _new_database(directory: Path) -> str:
    if ON_POSTGRESQL:
        return urlsplit(new_postgresql()["DATABASE_URL"]).path[1:]
    return str(directory / "upgraded.sqlite3")


def _connect(name: str) -> str:
    """Let the connection lead to the database of this name; return the name of the one before."""
    connection.close()
    former: str = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    # It remembers ids of the other database.
    ContentType.objects.clear_cache()
    return former


def upgrade(frozen: dict[str, Any]) -> None:
    """Make the tables of that time, fill them, and migrate them as an operator does."""
    old_models = _migrate_to(frozen["migrations"])
    with transaction.atomic(), connection.cursor() as cursor:
        for table, content in frozen["tables"].items():
            cursor.executemany(_insert(table, content["columns"]), [_row(row) for row in content["rows"]])
        for statement in connection.ops.sequence_reset_sql(no_style(), list(old_models)):
            cursor.execute(statement)
    call_command("migrate", verbosity=0)


def _migrate_to(migrations: list[list[str]]) -> Iterable[type[models.Model]]:
    """Apply exactly `migrations`, and return the models of that time.

    Of Django and other packages, those that the installed versions have: these may be older or newer.
    """
    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, name in migrations if app in OURS or (app, name) in executor.loader.disk_migrations}
    state = executor.migrate(sorted(dict(sorted(wanted)).items()))
    applied = MigrationExecutor(connection).loader.applied_migrations
    assert {key for key in applied if key[0] in OURS} == {key for key in wanted if key[0] in OURS}
    return state.apps.get_models(include_auto_created=True)


def _insert(table: str, columns: list[str]) -> str:
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    values = ", ".join("%s" for _ in columns)
    return f"INSERT INTO {connection.ops.quote_name(table)} ({names}) VALUES ({values})"  # noqa: S608  (quoted, ours)


def _row(values: list[Any]) -> list[Any]:
    return [_parameter(value) for value in values]


def _parameter(value: Any) -> Any:
    """Return the value as the database takes it."""
    match value:
        case {"bytes": text}:
            return b64decode(text, validate=True)
        case {"uuid": text}:
            return UUID(text) if connection.features.has_native_uuid_field else UUID(text).hex
        case {"datetime": text}:
            return connection.ops.adapt_datetimefield_value(datetime.fromisoformat(text))
        case {"json": content}:
            return connection.ops.adapt_json_value(content, None)
    return value
