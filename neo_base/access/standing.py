"""Standing: all that decides about a request, read with its credential by one statement.

A view says its `Question`, such as the role of whoever asks in one project, or one secret and the role there. The class
that authenticates the request has a statement that finds the credential and its user; the question is joined to it. The
answer is the `Standing` of the request: policies are asked as ever, and find the role there. Nothing is remembered
beyond the request.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Expression, F, Field, Model, QuerySet
from rest_framework.request import Request

from neo_base import quick_way
from neo_base.access.compiled import Column, Compiled, until_settings_change

M = TypeVar("M", bound=Model)
Rows = QuerySet[Any, Any]
KEY = "asker_key"
OWN = "own_"


@dataclass(frozen=True)
class Question:
    """What a view wants to know beside the credential. `rows(*about)` is its query, a `values_list`.

    The first column is the id of a project, or nothing; the last one the role of the asker there. Between them is what
    the view needs. It names the asker by `asker()`, their credential by `of_credential`, and `values` by `Given`. One
    row at most may come. None instead of a query: no statement can say it on this site.
    """

    rows: Callable[..., Rows | None]
    about: tuple[Hashable, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def _nothing() -> None:
    return None


NOTHING = Question(_nothing)
"""The question of views that want to know nothing beside the credential."""


class Standing(NamedTuple):
    """The answer to the question of a request."""

    user_id: Any
    """The key of the user whom the credential belongs to."""
    question: Question
    answer: tuple[Any, ...]
    """The row of the question; None in each column if there was none, and no columns for `NOTHING`."""

    @property
    def roles(self) -> dict[UUID, str]:
        """The role of the user in the project that was asked about; empty if they have none, or none was asked."""
        project_id, role = (self.answer[0], self.answer[-1]) if self.answer else (None, None)
        return {} if project_id is None or role is None else {project_id: role}


def asker() -> Expression:
    """Return the key of whoever asks, for the query of a question."""
    return Column(f"asker.{KEY}", get_user_model()._meta.pk)


def of_credential(column: str, output_field: Field[Any, Any]) -> Expression:
    """Return a column of the credential, for the query of a question that one kind of credential is asked alone."""
    return Column(f"asker.{OWN}{column}", output_field)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the names of the columns of `model`, for `values_list`; `prefix` is the way to it, such as "user__"."""
    return [f"{prefix}{column.attname}" for column in model._meta.concrete_fields]


def from_columns(model: type[M], values: Sequence[Any]) -> M:
    """Return the row of `model` with these values of `columns_of`, as if it had been read alone."""
    return model.from_db(DEFAULT_DB_ALIAS, [column.attname for column in model._meta.concrete_fields], values)


def with_user(rows: Rows, related: Sequence[str] = ()) -> Rows:
    """Return the rows of a credential, which has a `user`, with its columns, those of the user, and the user's key.

    Then follow the columns of what the credential has under the names in `related`.
    """
    columns = [*columns_of(rows.model), *columns_of(get_user_model(), "user__")]
    more = [column for name in related for column in columns_of(_model_of(rows.model, name), f"{name}__")]
    found: Rows = rows.order_by().annotate(**{KEY: F("user_id")}).values_list(*columns, KEY, *more)
    return found


def read(
    request: Request, model: type[M], credentials: Callable[[], Rows], *, related: tuple[str, ...] = (), **values: Any
) -> M | None:
    """Return the credential with its `user` and what is `related`, and keep the answer to the view's question.

    `credentials()` is the query that finds it, of rows of `model`, whose names are in `values`. None where the plain
    way has to be taken, or there is no such credential. Whether it is good is for the caller to say: the answer counts
    when the request is authenticated as that user. Costs one statement, or nothing.
    """
    question = _question_of(request)
    statement = _statement(credentials, related, question.rows, question.about) if quick_way.is_open() else None
    if statement is None:
        return None
    found = statement.fetch({**values, **question.values})
    if len(found) != 1:
        return None
    row = iter(found[0])
    credential: Any = _taken(row, model)
    credential.user = _taken(row, get_user_model())
    user_id = next(row)
    for name in related:
        setattr(credential, name, _taken(row, _model_of(model, name)))
    request.neo_standing = Standing(user_id, question, tuple(row))  # type: ignore[attr-defined]
    return cast(M, credential)


def _model_of(model: type[Model], name: str) -> type[Model]:
    return cast("type[Model]", model._meta.get_field(name).related_model)


def _taken(row: Iterator[Any], model: type[M]) -> M | None:
    """Take the columns of `model` from `row`; return them as its row, or None if there is none."""
    values = list(islice(row, len(model._meta.concrete_fields)))
    return None if all(value is None for value in values) else from_columns(model, values)


def standing_of(request: Request) -> Standing | None:
    """Return the standing of whoever is signed in; None where it was not asked with their credential."""
    standing: Standing | None = getattr(request, "neo_standing", None)
    return standing if standing is not None and standing.user_id == request.user.pk else None


def _question_of(request: Request) -> Question:
    # A request that DRF did not make has no view.
    view = (getattr(request, "parser_context", None) or {}).get("view")
    asks: Callable[[], Question] | None = getattr(view, "question", None)
    return NOTHING if asks is None else asks()


@until_settings_change
def _statement(
    credentials: Callable[[], Rows],
    related: tuple[str, ...],
    question: Callable[..., Rows | None],
    about: tuple[Hashable, ...],
) -> Compiled | None:
    """Return one statement of both queries; None where the question cannot be put in a statement."""
    found = credentials()
    one = Compiled.of(with_user(found, related))
    if question is NOTHING.rows:
        return one
    rows = question(*about)
    if rows is None:
        return None
    other = Compiled.of(rows)
    own = [f"{OWN}{name}" for name in columns_of(found.model)]
    user = [f"c{number}" for number in range(len(columns_of(get_user_model())))]
    names = ", ".join([*own, *user, KEY])
    sql = f"SELECT * FROM ({one.sql}) AS asker ({names}) LEFT JOIN LATERAL ({other.sql}) AS answer ON TRUE"  # noqa: S608  (no values)
    return Compiled(sql, [*one.parameters, *other.parameters], [*one.converters, *other.converters])
