"""The table of authorization, cell by cell, and that it leaves out no route and no method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from tests.authorization.requests import request_of
from tests.authorization.routes import views_by_address
from tests.authorization.stage import Stage
from tests.authorization.table import METHODS, Cell, cells

CELLS = list(cells())
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
WRITES = [cell for cell in CELLS if cell.status < 400 and cell.method not in SAFE]
LEAVES_ALL_AS_IT_IS = [cell for cell in CELLS if cell not in WRITES]

Rows = dict[str, list[Any]]


def all_rows() -> Rows:
    """Every row of every table, each with all its columns. In plain SQL, which takes a third of the time."""
    models = [model for model in apps.get_models() if model not in (Permission, ContentType)]
    rows = {}
    with connection.cursor() as cursor:
        for table, key in [(model._meta.db_table, model._meta.pk.column) for model in models]:
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY "{key}"')  # noqa: S608  (names of our models)
            rows[table] = cursor.fetchall()
    return rows


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """One stage for all cells: it stands in a transaction that is never committed, in which each cell is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def rows_before(stage: Stage) -> Rows:
    return all_rows()


@pytest.mark.django_db
@pytest.mark.parametrize("cell", LEAVES_ALL_AS_IT_IS, ids=str)
def test_it_is_answered_and_nothing_changes(cell: Cell, stage: Stage, rows_before: Rows) -> None:
    path, body = request_of(cell, stage)
    answer = stage.clients[cell.actor].request(cell.method, path, body)
    assert answer.status_code == cell.status
    # Told apart before the assertion: pytest would draw up the difference of all rows.
    changed = [table for table, rows in all_rows().items() if rows != rows_before[table]]
    assert changed == []


@pytest.mark.django_db
@pytest.mark.parametrize("cell", WRITES, ids=str)
def test_it_is_allowed(cell: Cell, stage: Stage) -> None:
    path, body = request_of(cell, stage)
    assert stage.clients[cell.actor].request(cell.method, path, body).status_code == cell.status


def test_every_route_has_a_row_for_every_method() -> None:
    routes = {pattern.name for found in views_by_address().values() for pattern in found if pattern.name}
    assert {(cell.route, cell.method) for cell in CELLS} == {(route, method) for route in routes for method in METHODS}


def test_every_address_has_one_named_route_and_its_other_form_is_the_same_view() -> None:
    for address, found in views_by_address().items():
        assert sum(pattern.name is not None for pattern in found) == 1, address
        assert len({pattern.callback for pattern in found}) == 1, address


def test_the_table_says_each_thing_once() -> None:
    said = Counter((cell.route, cell.about, cell.method, cell.actor) for cell in CELLS)
    assert {request: times for request, times in said.items() if times > 1} == {}
