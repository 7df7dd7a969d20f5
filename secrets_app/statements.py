"""Statements that write several rows and are a transaction of their own: one round trip, and no BEGIN and COMMIT.

The rows are models, built and checked as for `bulk_create`. They travel as one JSON array for each table, from which
PostgreSQL takes the columns by their types: so the statement is the same for any number of rows, and its plan is kept.
Where a statement has to look before it writes, it joins what it looks at: no row there, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from operator import attrgetter
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models import BinaryField, Field, ForeignKey, Model

from neo_base.access.compiled import for_any_value
from neo_base.kept_cursor import kept_cursor
from neo_base.quick_way import NotRegular
from neo_base.rest.outages import takes_nothing_now
from secrets_app.fields import SealedTextField

# What orjson writes in a form that PostgreSQL reads: by the name of the field's class in Django.
PLAIN_FIELDS = (
    *("AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "DateTimeField", "IntegerField"),
    *("JSONField", "PositiveBigIntegerField", "PositiveIntegerField", "SmallAutoField", "TextField", "UUIDField"),
)

Prepare = Callable[[Any], Any]
Prepared = tuple[str, Prepare]
"""A column, and what makes JSON of its values."""


def require_possible() -> None:
    """Raise NotRegular unless the database is PostgreSQL, and the request has time to wait for a whole statement.

    A request that ends earlier is told that nothing was changed. But the statement would go on, and commit.
    """
    # Not the proxy, which looks it up for each attribute.
    connection = connections[DEFAULT_DB_ALIAS]
    has_time: Callable[[], bool] = getattr(connection, "has_time_for_a_statement", lambda: True)
    if connection.vendor != "postgresql" or not (connection.in_atomic_block or has_time()):
        raise NotRegular


def undoable() -> AbstractContextManager[Any]:
    """Return what encloses a statement that may give up: a savepoint if a transaction is open, else nothing."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def table(model: type[Model]) -> str:
    """Return the quoted name of the model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def parameter(name: str, model: type[Model], column: str) -> str:
    """Return a parameter that is compared with a column of `model`: see `for_any_value`."""
    field: Any = model._meta.get_field(column)
    while isinstance(field, ForeignKey):
        field = field.target_field
    return for_any_value(f"%({name})s", field)


@cache
def insert(model: type[Model], rows: str, *, given: str, **instead: str) -> str:
    """Return an INSERT of the rows of `as_json` in the parameter `rows`, for each row of the FROM item `given`.

    `instead` names attributes of the rows whose values come from elsewhere, such as a column of `given`.
    """
    quoted = {field.attname: connection.ops.quote_name(str(field.column)) for field in _fields(model)}
    into, values = ", ".join(quoted.values()), ", ".join(instead.get(each, f"new.{quoted[each]}") for each in quoted)
    source = f"json_populate_recordset(NULL::{table(model)}, %({rows})s) AS new"
    return f"INSERT INTO {table(model)} ({into}) SELECT {values} FROM {source}, {given}"  # noqa: S608  (names of ours)


def update(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Store the columns of these attributes of rows of one model by one UPDATE, on PostgreSQL.

    `bulk_update` writes a condition for each row and column, and takes longer for it than to encrypt a value.
    """
    model = type(rows[0])
    key = model._meta.pk.attname
    stored = as_json(rows, (key, *names))
    with connection.cursor() as cursor:
        cursor.execute(_update(model, tuple(names)), {"rows": stored})


@cache
def _update(model: type[Model], names: tuple[str, ...]) -> str:
    quoted = {field.attname: connection.ops.quote_name(str(field.column)) for field in _fields(model)}
    columns = ", ".join(f"{quoted[name]} = new.{quoted[name]}" for name in names)
    source, key = f"json_populate_recordset(NULL::{table(model)}, %(rows)s) AS new", quoted[model._meta.pk.attname]
    return f"UPDATE {table(model)} SET {columns} FROM {source} WHERE {table(model)}.{key} = new.{key}"  # noqa: S608


def as_json(rows: Sequence[Model], names: Collection[str] = ()) -> str:
    """Return rows of one model, each with its primary key, as a parameter: all columns, or those of these attributes.

    Raises NotRegular for a value that JSON cannot hold, or that a field refuses.
    """
    columns, read, prepared = _columns(type(rows[0]), tuple(names))
    objects = [dict(zip(columns, read(row), strict=True)) for row in rows]
    try:
        for each in objects:
            for column, prepare in prepared:
                each[column] = prepare(each[column])
        return orjson.dumps(objects).decode()
    except TypeError:
        raise NotRegular from None


def execute(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement whose last part inserts rows; it is committed, unless a transaction is open already.

    Returns what it returns of each row, if it ends in RETURNING.
    Raises NotRegular if nothing was written, since a row that it looked for is missing or since PostgreSQL refused, and
    OperationalError where the plain way would fail, too. In a transaction, call it within `undoable`.
    """
    try:
        cursor = kept_cursor()
        cursor.execute(statement, parameters)
        written = cursor.rowcount
        found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.cursor.pgresult.nfields else []
    except DatabaseError as error:
        if takes_nothing_now(error):
            raise
        raise NotRegular from None
    if written < 1:
        raise NotRegular
    return found


def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return list(model._meta.concrete_fields)


@cache
def _columns(model: type[Model], names: tuple[str, ...]) -> tuple[list[str], Callable[[Model], Any], list[Prepared]]:
    """Return the columns of all attributes, or of those in `names`; what reads them; and what prepares some of them."""
    fields = [field for field in _fields(model) if not names or field.attname in names]
    prepared = [(str(field.column), prepare) for field in fields if (prepare := _prepare(field))]
    return [str(field.column) for field in fields], attrgetter(*(field.attname for field in fields)), prepared


def _prepare(field: Field[Any, Any]) -> Prepare | None:
    """Return what makes JSON of a value of this field; None if orjson does. Raises NotRegular for an unknown kind."""
    while isinstance(field, ForeignKey):
        field = field.target_field
    if isinstance(field, SealedTextField):
        # It refuses whatever is no ciphertext.
        dump = field._dump
        return lambda value: _hexadecimal(dump(value))
    if isinstance(field, BinaryField):
        return lambda value: None if value is None else _hexadecimal(value)
    if field.get_internal_type() not in PLAIN_FIELDS:
        raise NotRegular
    return None


def _hexadecimal(content: bytes | memoryview) -> str:
    return f"\\x{content.hex()}"
