"""A request past its deadline, or without a client, changes nothing: its transaction does not commit."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from neo_base.rest.outages import outage_of
from neo_site import deadlines
from neo_site.deadlines import ClientGone, Deadline, DeadlinePassed
from neo_site.throttling.models import CacheEntry
from tests.cast import Api

pytestmark = pytest.mark.django_db(transaction=True)


def over() -> Deadline:
    return Deadline(seconds=0, lock_seconds=0)


def abandoned() -> Deadline:
    deadline = Deadline(seconds=60, lock_seconds=60)
    deadline.is_client_gone = True
    return deadline


def write() -> None:
    with transaction.atomic():
        CacheEntry.objects.create(key="written", value="1", expires_at=9e9)


@pytest.mark.parametrize(("deadline", "error"), [(over, DeadlinePassed), (abandoned, ClientGone)])
def test_a_transaction_does_not_commit(deadline: Any, error: type[Exception]) -> None:
    made = deadline()
    # The statements themselves have time: the commit alone is refused.
    with pytest.raises(error), deadlines.working_until(Deadline(seconds=60, lock_seconds=60)), transaction.atomic():
        CacheEntry.objects.create(key="written", value="1", expires_at=9e9)
        deadlines._current.set(made)
    assert not CacheEntry.objects.exists()


def test_within_the_deadline_it_commits() -> None:
    with deadlines.working_until(Deadline(seconds=60, lock_seconds=60)):
        write()
    assert CacheEntry.objects.get().key == "written"


def test_a_request_whose_client_has_gone_is_503_and_did_nothing(api: Api, member: Any) -> None:
    client = api(member)
    with deadlines.working_until(abandoned()):
        answer = client.post("/api/v1/secrets", {"name": "TOKEN", "value": "a-value"})
    assert (answer.status_code, answer.outage) == (503, "client_gone")
    assert client.get("/api/v1/secrets").json()["count"] == 0


def test_a_statement_ends_with_the_time_of_its_request() -> None:
    slow = {
        "postgresql": "SELECT pg_sleep(1)",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT max(i) FROM n",
    }[connection.vendor]
    deadline = Deadline(seconds=0.3, lock_seconds=0.3)
    with (
        pytest.raises(OperationalError) as caught,
        deadlines.working_until(deadline),
        connection.cursor() as cursor,
    ):
        cursor.execute(slow)
    assert deadline.seconds_left() == 0
    assert outage_of(caught.value) == "deadline"
    connection.close()
    # PostgreSQL notices when the statement is at its end.
    time.sleep(1)
