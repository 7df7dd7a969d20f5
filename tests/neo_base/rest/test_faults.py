"""Server errors: 503 while the database is down, 500 for the unexpected. Neither shows what was being processed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection

from neo_site.logs.formatters import JSONFormatter
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, PROJECTS, SECRETS, assert_problem

pytestmark = pytest.mark.once

BODY = {"name": "NEW", "value": CANARY}


class Breaks(Exception):
    """An error that no code expects."""


@contextmanager
def failing(error: Callable[[], Exception], *, statement: str = "") -> Iterator[None]:
    """Make SQL that begins with `statement` raise, with the value in the cause, the message and local variables."""

    def fail(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        local = CANARY
        if sql.startswith(statement):
            raise_from_a_cause(error(), local)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


def raise_from_a_cause(error: Exception, local: str) -> None:
    try:
        raise ValueError(f"cause: {local}")
    except ValueError as cause:
        raise error from cause


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", SECRETS, None),
        ("POST", SECRETS, BODY),
        ("POST", BATCH, {"secrets": [BODY]}),
        ("GET", PROJECTS, None),
        ("POST", PROJECTS, {}),
    ],
)
def test_a_database_that_is_down_is_503(
    api: Api, member: Any, error: type[Exception], method: str, path: str, body: Any
) -> None:
    client = api(member)
    with failing(lambda: error(f"could not connect: {CANARY}")):
        answer = client.request(method, path, body)
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.django_db(transaction=True)
def test_a_database_lost_in_the_middle_is_503_and_changes_nothing(
    api: Api, member: Any, error: type[Exception]
) -> None:
    client = api(member)
    with failing(lambda: error(f"terminated: {CANARY}"), statement='INSERT INTO "secrets_app_secret"'):
        assert_problem(client.post(SECRETS, BODY), 503, "unavailable")
    assert client.get(SECRETS).json()["count"] == 0
    assert client.post(SECRETS, BODY).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", ['UPDATE "secrets_app_secret"', 'INSERT INTO "secrets_app_secretversion"'])
@pytest.mark.parametrize("error", [OperationalError, Breaks])
def test_a_change_that_breaks_off_changes_nothing(
    api: Api, member: Any, error: type[Exception], statement: str
) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member, value='before').id}"
    before = [client.get(address).json(), client.get(f"{address}/versions").json()]
    with failing(lambda: error(CANARY), statement=statement):
        assert client.patch(address, {"value": CANARY}).status_code in (500, 503)
    assert [client.get(address).json(), client.get(f"{address}/versions").json()] == before


@pytest.mark.parametrize("error", [IntegrityError])
def test_a_row_removed_during_the_request_is_409(api: Api, member: Any, error: type[Exception]) -> None:
    client = api(member)
    with failing(lambda: error(f"violates: {CANARY}"), statement='INSERT INTO "secrets_app_secret"'):
        assert_problem(client.post(SECRETS, BODY), 409, "conflict")


@pytest.mark.parametrize("error", [Breaks, DataError, ValueError, KeyError, TypeError, RecursionError, OSError])
@pytest.mark.parametrize("statement", ["", 'INSERT INTO "secrets_app_secret"'])
def test_the_unexpected_is_500_and_shows_nothing(
    api: Api, member: Any, caplog: pytest.LogCaptureFixture, error: type[Exception], statement: str
) -> None:
    client = api(member)
    with caplog.at_level(logging.DEBUG), failing(lambda: error(f"message: {CANARY}"), statement=statement):
        answer = client.post(SECRETS, BODY)
    problem = assert_problem(answer, 500, "internal_error")
    lines = [JSONFormatter().format(record) for record in caplog.records]
    [line] = [line for line in lines if problem["request_id"] in line]
    assert error.__name__ in line
    assert __file__ in line
    assert CANARY not in "".join(lines)
    assert CANARY not in caplog.text


def test_one_fault_does_not_spoil_the_next_request(api: Api, member: Any) -> None:
    client = api(member)
    with failing(lambda: Breaks(CANARY), statement='INSERT INTO "secrets_app_secret"'):
        assert_problem(client.post(SECRETS, BODY), 500, "internal_error")
    assert client.post(SECRETS, BODY).status_code == 201
