"""Transactions that the database could not serialize begin again, and nothing of the failed try is left."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from neo_base import transactions
from neo_base.access.actors import Actor
from neo_base.transactions import atomic, on_failure, retry_serialization
from projects.models import Project
from secrets_app.actions.secrets import update_secret
from secrets_app.models import AuditEvent, Secret
from secrets_app.plaintext import Plaintext
from tests.cast import make_secret, make_user

ROOT = Path(__file__).parents[2]
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="For isolation levels of PostgreSQL.")


class Diagnosed(Exception):
    """Stands for the driver's error."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def failing(error: type[Exception], *sqlstates: str, tried: list[int]) -> Callable[[], str]:
    """Return what fails with each of these codes, one after the other, and then succeeds."""
    left = list(sqlstates)

    def work() -> str:
        tried.append(len(tried))
        if left:
            raise error from Diagnosed(left.pop(0))
        return "done"

    return work


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_work_that_could_not_be_serialized_is_done_again(sqlstate: str) -> None:
    tried: list[int] = []
    assert retry_serialization(failing(OperationalError, sqlstate, sqlstate, tried=tried))() == "done"
    assert len(tried) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["55P03", "57014", "25006", "53100", "08006"])
def test_other_outages_are_told_at_once(sqlstate: str) -> None:
    tried: list[int] = []
    with pytest.raises(OperationalError):
        retry_serialization(failing(OperationalError, sqlstate, tried=tried))()
    assert len(tried) == 1


@pytest.mark.django_db(transaction=True)
def test_trying_again_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "RETRY_SECONDS", 0.05)
    with pytest.raises(OperationalError):
        retry_serialization(failing(OperationalError, *["40001"] * 1_000, tried=[]))()


@pytest.mark.django_db
def test_inside_a_transaction_only_the_outermost_begins_again() -> None:
    tried: list[int] = []
    with pytest.raises(OperationalError), transaction.atomic():
        retry_serialization(failing(OperationalError, "40001", tried=tried))()
    assert len(tried) == 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_the_commit_of_a_failed_try_is_dropped() -> None:
    tried: list[int] = []
    announced: list[int] = []
    work = failing(OperationalError, "40001", tried=tried)

    @atomic
    def act() -> None:
        transaction.on_commit(lambda: announced.append(len(tried)))
        work()

    act()
    assert announced == [2]


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_beside_a_failed_try_counts_no_more() -> None:
    tried: list[int] = []
    counted: list[int] = []
    work = failing(OperationalError, "40001", "40001", tried=tried)

    @atomic
    def act() -> None:
        counted.append(len(tried))
        on_failure(counted.clear)
        work()

    act()
    assert counted == [2]


def test_nothing_is_undone_where_nothing_runs() -> None:
    on_failure(pytest.fail)


@pytest.fixture
def isolation(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET default_transaction_isolation = '{request.param}'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET default_transaction_isolation")


def under(level: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("isolation", [level], indirect=True)


@on_postgresql
@pytest.mark.usefixtures("isolation")
@under("serializable")
def test_a_row_that_the_transaction_could_not_see_is_seen_by_the_next_try() -> None:
    tried: list[int] = []
    assert retry_serialization(failing(IntegrityError, "23505", tried=tried))() == "done"
    assert len(tried) == 2


@on_postgresql
@pytest.mark.usefixtures("isolation")
@under("serializable")
def test_a_row_that_is_in_the_way_for_good_is_told() -> None:
    tried: list[int] = []
    with pytest.raises(IntegrityError):
        retry_serialization(failing(IntegrityError, *["23505"] * 10, tried=tried))()
    assert len(tried) == transactions.TRIES_FOR_A_HIDDEN_ROW


@on_postgresql
@pytest.mark.usefixtures("isolation")
@under("read committed")
def test_where_each_statement_sees_what_was_committed_a_conflict_is_told_at_once() -> None:
    tried: list[int] = []
    with pytest.raises(IntegrityError):
        retry_serialization(failing(IntegrityError, "23505", tried=tried))()
    assert len(tried) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_statement_outside_of_transactions_is_asked_again() -> None:
    left = ["40001", "40001"]

    def ask(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if left:
            raise OperationalError from Diagnosed(left.pop())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ask):
        assert Project.objects.count() == 0
    assert left == []


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_new_values_that_come_at_once_are_all_stored_and_recorded_once() -> None:
    """In PostgreSQL itself: all but the first fail, as each has changed what the others have read."""
    user = make_user("writer")
    secret = make_secret(user, name="WANTED")
    writers = 4
    together = Barrier(writers, timeout=60)

    def write(number: int) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_isolation = 'serializable'")
            together.wait()
            value = Plaintext(f"a value of number {number}")
            update_secret(actor=Actor.from_user(user), secret_id=secret.id, value=value)
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    assert Secret.objects.get(pk=secret.pk).version == 1 + writers
    versions = AuditEvent.objects.filter(event="secret.updated").values_list("data__version", flat=True)
    assert sorted(versions) == list(range(2, 2 + writers))


@on_postgresql
@pytest.mark.django_db
def test_transactions_of_the_tests_have_the_isolation_that_the_run_names() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == (os.environ.get("NEO_TEST_ISOLATION", "read committed"),)


PACKAGES = ("neo_base", "neo_pages", "neo_site", "projects", "secrets_app")
DJANGO_S = re.compile(r"transaction\.atomic\b(?!`)")
OUTERMOST = {
    "neo_base/transactions.py": "Begins again.",
    "neo_site/accounts/pages.py": "Inside of `begun_again`.",
    "neo_site/accounts/urls.py": "Inside of `begun_again`.",
    "neo_site/admin.py": "Inside of `begun_again`.",
    "neo_site/backups/postgresql.py": "Only reads, from one snapshot; its command begins again.",
    "neo_site/management/commands/demo.py": "In development, by one person.",
    "projects/actions.py": "Inside of an action.",
    "secrets_app/actions/creation.py": "Inside of an action.",
    "secrets_app/actions/moves.py": "Inside of an action.",
    "secrets_app/api/kept_answers.py": "Inside of `retry_serialization`.",
    "secrets_app/audit/chaining.py": "Inside of `retry_serialization`.",
    "secrets_app/python_api/errors.py": "A sentence.",
    "secrets_app/python_api/secrets.py": "Inside of `retry_serialization`.",
    "secrets_app/statements.py": "Inside of another transaction.",
}
"""The files that open Django's transactions, which do not begin again, with the reason why they need not."""


def test_transactions_begin_again() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    found = {str(file.relative_to(ROOT)) for file in files if DJANGO_S.search(file.read_text(encoding="utf-8"))}
    assert found == OUTERMOST.keys()
