"""POST /api/v1/secrets"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api
from tests.contract import SECRET_FIELDS, SECRETS, stored_value

pytestmark = pytest.mark.usefixtures("each_way")

MINIMAL = {"name": "TOKEN", "value": CANARY}


def test_it_answers_the_object_of_the_contract(api: Api, member: Any) -> None:
    body = {"name": "GITHUB_TOKEN", "value": "ghp_" + 36 * "x", "default_available": True}
    answer = api(member).post(SECRETS, body)
    assert answer.status_code == 201
    secret = answer.json()
    assert secret.keys() == SECRET_FIELDS
    assert secret["masked_value"] == "ghp••••••••xxxx"
    assert secret["id"] == str(Secret.objects.get().id)


def test_the_answer_is_plain_json_that_nobody_caches(api: Api, member: Any) -> None:
    answer = api(member).post(SECRETS, MINIMAL)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_left_out_is_false_and_personal(api: Api, member: Any) -> None:
    secret = api(member).post(SECRETS, MINIMAL).json()
    assert secret["default_available"] is False
    assert secret["created_by_agent"] is False
    assert secret["project_id"] is None
    assert Secret.objects.get().user == member


@pytest.mark.parametrize("flag", ["default_available", "created_by_agent"])
@pytest.mark.parametrize("setting", [True, False])
def test_flags_are_kept_as_sent(api: Api, member: Any, flag: str, setting: bool) -> None:
    assert api(member).post(SECRETS, MINIMAL | {flag: setting}).json()[flag] is setting


def test_the_times_are_rfc_3339_in_utc_and_equal_at_first(api: Api, member: Any) -> None:
    secret = api(member).post(SECRETS, MINIMAL).json()
    assert secret["created_at"] == secret["updated_at"]
    assert secret["created_at"].endswith("Z")
    assert datetime.fromisoformat(secret["created_at"]) == Secret.objects.get().created_at


@pytest.mark.parametrize("role", ["member", "admin"])
def test_a_member_shares_a_secret_with_the_project(
    api: Api, request: pytest.FixtureRequest, project: Project, role: str
) -> None:
    user = request.getfixturevalue(role)
    answer = api(user).post(SECRETS, MINIMAL | {"project_id": str(project.id)})
    assert answer.status_code == 201
    assert answer.json()["project_id"] == str(project.id)
    row = Secret.objects.get()
    assert (row.project_id, row.user_id, row.created_by) == (project.id, None, user)


def test_a_null_project_is_no_project(api: Api, member: Any) -> None:
    answer = api(member).post(SECRETS, MINIMAL | {"project_id": None})
    assert answer.status_code == 201
    assert answer.json()["project_id"] is None


@pytest.mark.parametrize("address", [SECRETS, f"{SECRETS}/"])
def test_both_forms_of_the_address_work(api: Api, member: Any, address: str) -> None:
    answer = api(member).post(address, MINIMAL)
    assert answer.status_code == 201
    assert answer.json().keys() == SECRET_FIELDS


def test_the_first_state_has_an_etag(api: Api, member: Any) -> None:
    client = api(member)
    answer = client.post(SECRETS, MINIMAL)
    assert answer.headers["ETag"] == client.get(f"{SECRETS}/{answer.json()['id']}").headers["ETag"]


@pytest.mark.parametrize("missing", ["name", "value"])
def test_name_and_value_are_required(api: Api, member: Any, missing: str) -> None:
    body = {field: content for field, content in MINIMAL.items() if field != missing}
    answer = api(member).post(SECRETS, body)
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {missing}
    assert CANARY not in answer.content.decode()


def test_the_value_is_kept_and_shown_to_nobody(api: Api, member: Any) -> None:
    client = api(member)
    created = client.post(SECRETS, MINIMAL)
    address = f"{SECRETS}/{created.json()['id']}"
    answers = [created, client.get(SECRETS), client.get(address), client.get(f"{address}/versions")]
    answers += [client.patch(address, {"value": CANARY}), client.post(f"{address}/versions/1/restore")]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200]
    assert not [answer for answer in answers if CANARY in answer.content.decode()]
    assert stored_value(created.json()["id"]) == CANARY
