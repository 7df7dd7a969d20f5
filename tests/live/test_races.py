"""Many requests at the same moment, over two worker processes. None may be lost, doubled or answered with a fault."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from uuid import uuid4

import httpx
import pytest

from tests.live.faults import WHOLE
from tests.live.parallel import PARALLEL, at_once
from tests.live.site import Site

# RACE_ROUNDS=100 for a longer look. (The settings of the tests take away every NEO_ variable.)
ROUNDS = int(os.environ.get("RACE_ROUNDS", "25" if WHOLE else "8"))
FEW_ROUNDS = max(ROUNDS // 4, 1)
MUTUAL_ROUNDS = 20 if WHOLE else 8
VALUE = "a-value-that-never-comes-back"
NEW_USERS = [f"newcomer{number}" for number in range(FEW_ROUNDS)]
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
APPROVE = """
from django.contrib.auth import get_user_model
from neo_site.signin.devices.actions import answer
from neo_site.signin.models import DeviceSignIn
racer = get_user_model().objects.get(username="racer")
for each in DeviceSignIn.objects.waiting():
    answer(waiting=each, user=racer, is_approved=True)
"""


@pytest.fixture(scope="module", autouse=True)
def _users(site: Site) -> None:
    site.add_users("racer", "chief", "deputy", *NEW_USERS)


@pytest.fixture(autouse=True)
def _no_fault_is_logged(site: Site) -> Iterator[None]:
    before = len(site.output.read_text())
    yield
    logged = site.output.read_text()[before:]
    assert "locked" not in logged
    assert '"level": "ERROR"' not in logged


@pytest.fixture
def clients(site: Site) -> Iterator[list[httpx.Client]]:
    """Each with an open connection of its own; the system spreads them over the workers."""
    with ExitStack() as stack:
        clients = [stack.enter_context(site.client("racer")) for _ in range(PARALLEL)]
        for client in clients:
            client.get("/livez")
        yield clients


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def created(client: httpx.Client, name: str) -> str:
    """The address of a new secret."""
    answer = client.post("/api/v1/secrets", json={"name": name, "value": VALUE})
    return f"/api/v1/secrets/{answer.json()['id']}"


def new_codes(client: httpx.Client) -> dict[str, str]:
    """Return the codes of a program that asks to be signed in by a browser."""
    codes: dict[str, str] = client.post("/api/v1/auth/device", json={"client_id": "neo"}).json()
    return codes


def test_one_of_many_parallel_creates_of_a_name_wins(clients: list[httpx.Client]) -> None:
    for number in range(ROUNDS):
        body = {"name": f"RACE_{number}", "value": VALUE}
        answers = at_once([partial(client.post, "/api/v1/secrets", json=body) for client in clients])
        assert statuses(answers) == {201: 1, 409: PARALLEL - 1}


@pytest.mark.parametrize("newcomer", NEW_USERS)
def test_the_first_secrets_of_an_owner_may_come_all_at_once(
    site: Site, clients: list[httpx.Client], newcomer: str
) -> None:
    for client in clients:
        client.headers.update(site.headers(newcomer))
    bodies = [{"name": f"FIRST_{number:02}", "value": f"abc-value-of-number-{number:04}"} for number in range(PARALLEL)]
    answers = at_once(
        [partial(client.post, "/api/v1/secrets", json=body) for client, body in zip(clients, bodies, strict=True)]
    )
    assert statuses(answers) == {201: PARALLEL}
    expected = [(f"FIRST_{number:02}", f"abc••••••••{number:04}", True) for number in range(PARALLEL)]
    # Through every connection, so that either process opens what the other one has sealed.
    for client in clients:
        listed = client.get("/api/v1/secrets").json()["results"]
        assert [(row["name"], row["masked_value"], row["is_readable"]) for row in listed] == expected


def test_parallel_new_values_become_consecutive_versions(clients: list[httpx.Client]) -> None:
    for number in range(FEW_ROUNDS):
        address = created(clients[0], f"VERSIONS_{number}")
        answers = at_once([partial(client.patch, address, json={"value": VALUE}) for client in clients])
        assert statuses(answers) == {200: PARALLEL}
        assert sorted(answer.json()["version"] for answer in answers) == list(range(2, PARALLEL + 2))


def test_one_of_many_parallel_changes_of_a_known_state_wins(clients: list[httpx.Client]) -> None:
    for number in range(FEW_ROUNDS):
        address = created(clients[0], f"STATES_{number}")
        state = {"If-Match": clients[0].get(address).headers["ETag"]}
        answers = at_once(
            [partial(client.patch, address, json={"description": "mine"}, headers=state) for client in clients]
        )
        assert statuses(answers) == {200: 1, 412: PARALLEL - 1}


def test_one_of_many_parallel_deletions_wins(clients: list[httpx.Client]) -> None:
    for number in range(FEW_ROUNDS):
        address = created(clients[0], f"GONE_{number}")
        answers = at_once([partial(client.delete, address) for client in clients])
        assert statuses(answers) == {204: 1, 404: PARALLEL - 1}


def test_one_of_many_parallel_projects_with_an_id_wins(clients: list[httpx.Client]) -> None:
    for _ in range(FEW_ROUNDS):
        body = {"id": str(uuid4())}
        answers = at_once([partial(client.post, "/api/v1/projects", json=body) for client in clients])
        assert statuses(answers) == {201: 1, 409: PARALLEL - 1}


def test_two_admins_who_demote_each_other_leave_one_admin(site: Site) -> None:
    with site.client("chief") as chief, site.client("deputy") as deputy:
        for _ in range(MUTUAL_ROUNDS):
            project = chief.post("/api/v1/projects", json={}).json()["project"]
            members = f"/api/v1/projects/{project['id']}/members"
            (first,) = chief.get(members).json()["results"]
            second = chief.post(members, json={"username": "deputy", "role": "admin"}).json()
            answers = at_once(
                [
                    partial(chief.patch, f"{members}/{second['user_id']}", json={"role": "member"}),
                    partial(deputy.patch, f"{members}/{first['user_id']}", json={"role": "member"}),
                ]
            )
            assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])
            assert [row["role"] for row in chief.get(members).json()["results"]].count("admin") == 1


def test_one_of_many_parallel_refreshes_of_a_token_wins(site: Site, clients: list[httpx.Client]) -> None:
    refresh = site.sign_in("racer")["refresh"]
    for _ in range(ROUNDS):
        body = {"refresh": refresh}
        answers = at_once([partial(client.post, "/api/v1/auth/token/refresh", json=body) for client in clients])
        assert statuses(answers) == {200: 1, 401: PARALLEL - 1}
        (refresh,) = [answer.json()["refresh"] for answer in answers if answer.status_code == 200]


def test_one_of_many_parallel_requests_for_an_approved_session_gets_it(site: Site, clients: list[httpx.Client]) -> None:
    asked = [new_codes(clients[0]) for _ in range(min(FEW_ROUNDS, 10))]
    site.manage("shell", "--no-imports", "--command", APPROVE)
    for codes in asked:
        body = {"grant_type": GRANT_TYPE, "device_code": codes["device_code"], "client_id": "neo"}
        answers = at_once([partial(client.post, "/api/v1/auth/device/token", json=body) for client in clients])
        assert statuses(answers) == {200: 1, 400: PARALLEL - 1}
