"""The cursor that statements of the quick way share."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from neo_base.kept_cursor import kept_cursor

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no quick way."),
]


def answer_to(sql: str, *values: Any) -> Any:
    cursor = kept_cursor()
    cursor.execute(sql, values)
    return cursor.fetchall()


def test_statements_share_one_cursor(db: None) -> None:
    first = kept_cursor()
    assert answer_to("SELECT %s::int", 1) == [(1,)]
    assert answer_to("SELECT %s::text, %s::text", "a", "b") == [("a", "b")]
    assert kept_cursor() is first


def test_a_statement_that_fails_leaves_the_cursor_as_it_was(db: None) -> None:
    first = kept_cursor()
    with pytest.raises(ProgrammingError), transaction.atomic():
        first.execute("SELECT nothing_of_this_name")
    assert answer_to("SELECT 2") == [(2,)]
    assert kept_cursor() is first


@pytest.mark.django_db(transaction=True)
def test_another_connection_has_another_cursor() -> None:
    first = kept_cursor()
    connection.close()
    assert answer_to("SELECT 3") == [(3,)]
    assert kept_cursor() is not first


def test_statements_that_are_logged_are_logged_with_their_text(db: None) -> None:
    kept_cursor()
    with CaptureQueriesContext(connection) as captured:
        assert answer_to("SELECT 4") == [(4,)]
    assert [each["sql"] for each in captured] == ["SELECT 4"]
