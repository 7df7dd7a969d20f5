"""`Idempotency-Key`: a request that is sent again makes nothing twice and gets the first answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from projects.models import Invitation, Membership, Project
from secrets_app.models import AuditEvent, KeptAnswer, Secret, SecretVersion, ServiceToken, TaskGrant
from tests.cast import CANARY, Api, ApiClient, make_user
from tests.contract import SECRETS
from tests.secrets_app.task import TASK_SECRETS, MakeTask

KEY = {"Idempotency_Key": "5f1c0e9c-7f0a-4c1e-9d3b-0a6c8a3f8f10"}
BODY = {"name": "TOKEN", "value": CANARY}
PROJECTS, TOKENS, GRANTS = "/api/v1/projects", "/api/v1/tokens", "/api/v1/task-grants"

Makes = tuple[str, Callable[[Project], str], Callable[[Project], dict[str, Any]], Any]
MAKERS: dict[str, Makes] = {
    "secret": (SECRETS, lambda _: SECRETS, lambda _: BODY, Secret),
    "project's secret": (SECRETS, lambda _: SECRETS, lambda project: BODY | {"project_id": str(project.id)}, Secret),
    "batch": (SECRETS, lambda _: f"{SECRETS}/batch", lambda _: {"secrets": [BODY, BODY | {"name": "B"}]}, Secret),
    "secret with all that can be set": (SECRETS, lambda _: f"{SECRETS}/set", lambda _: BODY, Secret),
    "project": (PROJECTS, lambda _: PROJECTS, lambda _: {"name": "Beta"}, Project),
    "member": (
        PROJECTS,
        lambda project: f"{PROJECTS}/{project.id}/members",
        lambda _: {"username": "stranger", "role": "member"},
        Membership,
    ),
    "invitation": (
        PROJECTS,
        lambda project: f"{PROJECTS}/{project.id}/invitations",
        lambda _: {"email": "somebody@example.com", "role": "viewer"},
        Invitation,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "body", "model"), [row[1:] for row in MAKERS.values()], ids=MAKERS)
def test_the_first_answer_comes_again(
    path: Any, body: Any, model: Any, api: Api, admin: Any, stranger: Any, project: Project
) -> None:
    client = api(admin)
    first = client.post(path(project), body(project), **KEY)
    assert first.status_code == 201, first.content
    made, events = model._default_manager.count(), AuditEvent.objects.count()
    again = client.post(path(project), body(project), **KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers.get("ETag") == first.headers.get("ETag")
    assert (model._default_manager.count(), AuditEvent.objects.count()) == (made, events)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "model"),
    [(TOKENS, {"name": "CI", "scopes": ["secrets:read"]}, ServiceToken), (GRANTS, {}, TaskGrant)],
    ids=["token", "grant"],
)
def test_a_token_is_shown_once(path: str, body: dict[str, Any], model: Any, api: Api, member: Any) -> None:
    client = api(member)
    first = client.post(path, body, **KEY)
    assert first.status_code == 201, first.content
    again = client.post(path, body, **KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already_made")
    assert again.json()["errors"] == {"id": [first.json()["id"]]}
    assert model.objects.count() == 1
    assert first.json()["token"] not in json.dumps(list(KeptAnswer.objects.values("answer", "key")))


def test_a_task_makes_a_secret_once(member: Any, make_task: MakeTask) -> None:
    task = make_task(member, scopes=["secrets:create"])
    headers, body = task.headers | KEY, BODY
    answers = [ApiClient().post(TASK_SECRETS, body, **headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_another_request_with_the_key_is_refused(api: Api, member: Any) -> None:
    client = api(member)
    client.post(SECRETS, BODY, **KEY)
    for path, body in ((SECRETS, BODY | {"value": "another"}), (f"{SECRETS}/batch", {"secrets": [BODY]})):
        answer = client.post(path, body, **KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert list(Secret.objects.values_list("name", flat=True)) == ["TOKEN"]
    assert not SecretVersion.objects.exists()


def test_the_order_of_members_and_a_slash_make_no_other_request(api: Api, member: Any) -> None:
    client = api(member)
    client.post(SECRETS, BODY, **KEY)
    assert client.post(f"{SECRETS}/", dict(reversed(BODY.items())), **KEY).status_code == 201


def test_what_was_refused_is_carried_out_anew(api: Api, member: Any) -> None:
    client = api(member)
    secret = client.post(SECRETS, BODY).json()
    assert client.post(SECRETS, BODY, **KEY).json()["code"] == "name_taken"
    client.delete(f"{SECRETS}/{secret['id']}")
    assert client.post(SECRETS, BODY, **KEY).status_code == 201


def test_a_secret_that_is_gone_is_named(api: Api, member: Any) -> None:
    client = api(member)
    secret = client.post(SECRETS, BODY, **KEY).json()
    client.delete(f"{SECRETS}/{secret['id']}")
    again = client.post(SECRETS, BODY, **KEY)
    assert (again.status_code, again.json()["errors"]) == (409, {"id": [secret["id"]]})


def test_keys_of_others_and_of_other_credentials_are_their_own(api: Api, member: Any, stranger: Any) -> None:
    answers = [api(user).post(SECRETS, BODY | {"name": f"T{n}"}, **KEY) for n, user in enumerate((member, stranger))]
    # Another session of the same user.
    answers.append(api(member).post(SECRETS, BODY | {"name": "THIRD"}, **KEY))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 3


def test_a_key_is_forgotten_after_a_day(api: Api, member: Any) -> None:
    client = api(member)
    client.post(SECRETS, BODY, **KEY)
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert client.post(SECRETS, BODY, **KEY).json()["code"] == "name_taken"
    assert client.post(SECRETS, BODY | {"name": "LATER"}, **KEY).status_code == 201
    assert KeptAnswer.objects.count() == 1


def test_the_daily_command_deletes_what_is_forgotten(api: Api, member: Any) -> None:
    api(member).post(SECRETS, BODY, **KEY)
    call_command("clear_expired_grants", stdout=StringIO())
    assert KeptAnswer.objects.count() == 1
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    call_command("clear_expired_grants", stdout=StringIO())
    assert not KeptAnswer.objects.exists()


def test_nothing_kept_holds_the_value_or_its_mask(api: Api, member: Any) -> None:
    answer = api(member).post(SECRETS, BODY, **KEY)
    (kept,) = KeptAnswer.objects.values()
    held = f"{kept} {bytes(kept['digest']).hex()}"
    assert CANARY not in held
    assert answer.json()["masked_value"] not in held
    assert "••" not in held


@pytest.mark.parametrize("key", ["", " ", "a b", "é", '"', '""', 'a"b', "x" * 129])
def test_a_malformed_key_is_named(api: Api, member: Any, key: str) -> None:
    answer = api(member).post(SECRETS, BODY, Idempotency_Key=key)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
    assert not Secret.objects.exists()


def test_quotes_make_no_difference(api: Api, member: Any) -> None:
    client = api(member)
    first = client.post(SECRETS, BODY, Idempotency_Key='"one"')
    assert client.post(SECRETS, BODY, Idempotency_Key="one").json() == first.json()


def test_an_endpoint_that_makes_nothing_does_not_look(api: Api, member: Any) -> None:
    client = api(member)
    secret = client.post(SECRETS, BODY).json()
    for _ in range(2):
        assert client.post(f"{SECRETS}/{secret['id']}/promote", **KEY).status_code == 200
    assert not KeptAnswer.objects.exists()


def test_a_fault_keeps_neither_answer_nor_secret(api: Api, member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    client = api(member)
    monkeypatch.setattr("secrets_app.api.kept_answers._storable", fail)
    assert client.post(SECRETS, BODY, **KEY).status_code == 500
    assert not Secret.objects.exists()
    monkeypatch.undo()
    assert client.post(SECRETS, BODY, **KEY).status_code == 201


@pytest.fixture
def clients(transactional_db: None) -> list[ApiClient]:
    """One session of one user, in several threads."""
    return [ApiClient(make_user("member"))] * 4


def test_parallel_requests_make_one_and_answer_alike(clients: list[ApiClient]) -> None:
    together = Barrier(len(clients))

    def post(client: ApiClient) -> tuple[int, dict[str, Any]]:
        together.wait(timeout=300)
        try:
            answer = client.post(SECRETS, BODY, **KEY)
            return answer.status_code, answer.json()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(post, clients))
    assert {status for status, _ in answers} == {201}
    assert len({answer["id"] for _, answer in answers}) == 1
    assert Secret.objects.count() == 1


@pytest.mark.django_db
def test_no_mask_is_given_again_of_a_secret_that_has_moved(api: Api, member: Any, project: Project) -> None:
    client = api(member)
    made = client.post(SECRETS, BODY, **KEY).json()["id"]
    assert client.patch(f"{SECRETS}/{made}", {"project_id": str(project.id)}).status_code == 200
    Membership.objects.filter(user=member).delete()
    again = client.post(SECRETS, BODY, **KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already_made")
    assert "masked_value" not in again.text
