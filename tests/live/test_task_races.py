"""Many requests of tasks at the same moment, over two worker processes: no more get through than may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from tests.live.parallel import PARALLEL, at_once
from tests.live.site import Site

ROUNDS = 5
VALUE = "a-value-for-tasks"


@pytest.fixture(scope="module", autouse=True)
def _user(site: Site) -> None:
    site.add_users("grantor")


@pytest.fixture
def person(site: Site) -> Iterator[httpx.Client]:
    with site.client("grantor") as client:
        yield client


@pytest.fixture
def clients(site: Site) -> Iterator[list[httpx.Client]]:
    """Each with an open connection of its own; the system spreads them over the workers."""
    with ExitStack() as stack:
        clients = [stack.enter_context(site.client("grantor")) for _ in range(PARALLEL)]
        for client in clients:
            client.get("/livez")
        yield clients


def granted(person: httpx.Client, **order: Any) -> dict[str, str]:
    """The header of a new task."""
    answer = person.post("/api/v1/task-grants", json=order)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize("uses", [1, 3])
def test_of_many_uses_at_once_no_more_succeed_than_are_left(
    person: httpx.Client, clients: list[httpx.Client], uses: int
) -> None:
    person.post("/api/v1/secrets", json={"name": "FOR_TASKS", "value": VALUE})
    for _ in range(ROUNDS):
        task = granted(person, secrets=["FOR_TASKS"], max_uses=uses)
        answers = at_once([partial(client.post, "/api/v1/runtime/environment", headers=task) for client in clients])
        assert statuses(answers) == {200: uses, 401: PARALLEL - uses}
        assert {answer.text for answer in answers if answer.status_code == 200} == {
            f'{{"environment":{{"FOR_TASKS":"{VALUE}"}},"exempt_from_redaction":[]}}'
        }


def test_tasks_with_the_same_secrets_do_not_wait_for_each_other(
    person: httpx.Client, clients: list[httpx.Client]
) -> None:
    """Each notes the last use of all of them, at once and for the first time."""
    names = [f"MANY_{number}" for number in range(30)]
    person.post("/api/v1/secrets/batch", json={"secrets": [{"name": name, "value": VALUE} for name in names]})
    tasks = [granted(person, secrets=names) for _ in clients]
    answers = at_once(
        [
            partial(client.post, "/api/v1/runtime/environment", headers=task)
            for client, task in zip(clients, tasks, strict=True)
        ]
    )
    assert statuses(answers) == {200: PARALLEL}
    listed = person.get("/api/v1/secrets?limit=500").json()["results"]
    assert all(row["last_used_at"] for row in listed if row["name"] in names)


def test_a_person_and_tasks_that_want_one_name_get_it_once(person: httpx.Client, clients: list[httpx.Client]) -> None:
    for number in range(ROUNDS):
        task = granted(person, scopes=["secrets:create"])
        body = {"name": f"WANTED_{number}", "value": VALUE}
        half = PARALLEL // 2
        jobs = [partial(client.post, "/api/v1/secrets", json=body) for client in clients[:half]]
        jobs += [partial(client.post, "/api/v1/runtime/secrets", json=body, headers=task) for client in clients[half:]]
        assert statuses(at_once(jobs)) == {201: 1, 409: PARALLEL - 1}


def test_promoting_deleting_and_using_at_once_causes_no_fault(
    person: httpx.Client, clients: list[httpx.Client]
) -> None:
    for number in range(ROUNDS):
        task = granted(person, scopes=["secrets:create"])
        body = {"name": f"CONTESTED_{number}", "value": VALUE}
        made = person.post("/api/v1/runtime/secrets", json=body, headers=task).json()["id"]
        each = [
            lambda client: client.post(f"/api/v1/secrets/{made}/promote"),  # noqa: B023  (called in this round)
            lambda client: client.post("/api/v1/runtime/environment", headers=task),  # noqa: B023
            lambda client: client.delete(f"/api/v1/secrets/{made}"),  # noqa: B023
        ]
        answers = at_once([partial(each[index % 3], client) for index, client in enumerate(clients)])
        assert set(statuses(answers)) <= {200, 204, 404, 409}
        assert statuses(answers)[204] == 1
