"""The indexes of PostgreSQL: all that the models name are there, and none is the beginning of another one."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import CheckConstraint

from secrets_app.models import KeyCheckValue

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no such catalogue.")

MODELS = [model for label in ("secrets_app", "projects") for model in apps.get_app_config(label).get_models()]


def indexes_of(table: str) -> dict[str, tuple[list[str], bool]]:
    """Return the columns of each index by its name, and whether it is for all rows and for every comparison."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, i.indpred IS NULL AND i.indexprs IS NULL, array(
                SELECT pg_get_indexdef(i.indexrelid, n, false) FROM generate_series(1, i.indnatts) n
            )
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass
            """,
            [table],
        )
        return {name: (columns, is_whole) for name, is_whole, columns in cursor.fetchall()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_each_named_index_is_there(db: None, model: Any) -> None:
    constraints = [each for each in model._meta.constraints if not isinstance(each, CheckConstraint)]
    named = {each.name for each in [*model._meta.indexes, *constraints]}
    assert named - indexes_of(model._meta.db_table).keys() == set()


# A row for each master key: Django's second index for its text costs nothing.
@pytest.mark.parametrize(
    "model", [each for each in MODELS if each is not KeyCheckValue], ids=lambda model: model._meta.label
)
def test_no_index_is_the_beginning_of_another(db: None, model: Any) -> None:
    whole = {name: columns for name, (columns, is_whole) in indexes_of(model._meta.db_table).items() if is_whole}
    needless = [
        (short, long)
        for short, columns in whole.items()
        for long, others in whole.items()
        if short != long and others[: len(columns)] == columns
    ]
    assert needless == []
