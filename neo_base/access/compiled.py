"""Queries that the ORM compiles once in each process. After that only their values are sent, and rows are tuples.

To build and compile a query costs more than PostgreSQL needs to answer it. The query sets come from the models as ever,
with `Given` where a value belongs that is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar, cast

from django.core.signals import setting_changed
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, JSONField, QuerySet

from neo_base.kept_cursor import kept_cursor

MAX_STATEMENTS = 256

Converter = Callable[[Any], Any]
P = ParamSpec("P")
Result = TypeVar("Result")


def for_any_value(placeholder: str, field: Field[Any, Any]) -> str:
    """Return what compares with a column of `field`, so that one plan of PostgreSQL serves all values.

    A bare parameter is planned for anew each time where PostgreSQL expects less of the values than of any, such as of a
    time after which little happened; and that takes it longer than to carry the statement out.
    """
    kind = field.db_type(connections[DEFAULT_DB_ALIAS]) or ""
    # A text has its type already, and is cut by `varchar(8)`.
    return f"(SELECT {placeholder})" if kind.startswith("varchar") else f"(SELECT {placeholder}::{kind})"


class _Place(str):
    """The name of a value, standing in a statement's parameters until the value is there."""

    __slots__ = ()


class Given(Expression):
    """A value that is given when the query is sent, under a name.

    It is written by `for_any_value`.
    """

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return for_any_value("%s", self.output_field), (_Place(self.name),)


class Column(Expression):
    """A column of another part of the statement, written as it stands: code names it, never a request."""

    def __init__(self, sql: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.sql = sql

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return self.sql, ()


def until_settings_change(function: Callable[P, Result]) -> Callable[P, Result]:
    """Return a function that makes each statement once, with the settings of that moment.

    Tests change settings, which are written into statements; sites do not.
    """
    kept = lru_cache(maxsize=MAX_STATEMENTS)(function)
    setting_changed.connect(lambda **_: kept.cache_clear(), weak=False)
    return cast("Callable[P, Result]", kept)


class Compiled:
    """A statement whose text is ready. Its rows are tuples, converted as their fields ask for."""

    def __init__(self, sql: str, parameters: Sequence[Any], converters: Sequence[Converter | None]) -> None:
        """Raise ValueError for a moment among the parameters: it would be the same one for ever."""
        if any(isinstance(each, datetime) for each in parameters):
            raise ValueError("A compiled query cannot hold a moment. Compare times after it was sent.")
        self.sql = sql
        self.parameters = tuple(parameters)
        self.converters = tuple(converters)
        self._converted = [(place, each) for place, each in enumerate(converters) if each is not None]

    @classmethod
    def of(cls, rows: QuerySet[Any, Any], tail: str = "", *given: str) -> Compiled:
        """Return the statement of `rows`, a `values_list`, with `tail` behind it, which takes the values `given`."""
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        converters = [_converter(column.output_field) for column, _, _ in compiler.select]
        return cls(f"{sql} {tail}".rstrip(), [*parameters, *map(_Place, given)], converters)

    def fetch(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows. Costs one statement. Raises KeyError for a value that is not given."""
        bound = [values[each] if type(each) is _Place else each for each in self.parameters]
        cursor = kept_cursor()
        cursor.execute(self.sql, bound)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [self._convert(row) for row in rows] if self._converted else rows

    def _convert(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for place, converter in self._converted:
            if values[place] is not None:
                values[place] = converter(values[place])
        return tuple(values)


def _converter(field: Field[Any, Any]) -> Converter | None:
    """Return what makes a value of `field` from what the driver returns; None where they are the same."""
    if isinstance(field, JSONField):
        if field.decoder is not None:
            raise ValueError(f"{field.name} has a decoder of its own.")
        return None
    convert = getattr(field, "from_db_value", None)
    if convert is None:
        return None
    connection = connections[DEFAULT_DB_ALIAS]
    return lambda value: convert(value, None, connection)
