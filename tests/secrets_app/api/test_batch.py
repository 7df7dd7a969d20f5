"""POST /api/v1/secrets/batch: all secrets or none."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from projects.models import Project
from secrets_app.models import DataKey, Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, SECRET_FIELDS, assert_problem, invalid_fields, stored_value

pytestmark = pytest.mark.usefixtures("each_way")


def item(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "value": f"{CANARY} of {name}", **members}


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_answers_all_objects_in_their_order(api: Api, member: Any, project: Project, slash: str) -> None:
    items = [item("ZULU"), item("ALPHA", project_id=str(project.id), created_by_agent=True), item("MIKE")]
    items[2]["default_available"] = True
    answer = api(member).post(BATCH + slash, {"secrets": items})
    assert answer.status_code == 201
    assert answer.json().keys() == {"results"}
    results = answer.json()["results"]
    assert [secret["name"] for secret in results] == ["ZULU", "ALPHA", "MIKE"]
    assert [secret.keys() for secret in results] == 3 * [SECRET_FIELDS]
    assert [secret["project_id"] for secret in results] == [None, str(project.id), None]
    assert [secret["created_by_agent"] for secret in results] == [False, True, False]
    assert [secret["default_available"] for secret in results] == [False, False, True]
    assert CANARY not in answer.content.decode()
    assert [stored_value(secret["id"]) for secret in results] == [sent["value"] for sent in items]


def test_it_takes_50(api: Api, member: Any) -> None:
    answer = api(member).post(BATCH, {"secrets": [item(f"N{number}") for number in range(50)]})
    assert answer.status_code == 201
    assert [secret["name"] for secret in answer.json()["results"]] == [f"N{number}" for number in range(50)]


def test_it_takes_no_51(api: Api, member: Any) -> None:
    answer = api(member).post(BATCH, {"secrets": [item(f"N{number}") for number in range(51)]})
    assert invalid_fields(answer) == {"secrets"}
    assert not Secret.objects.exists()


@pytest.mark.parametrize("secrets", [[], {}, "TOKEN", CANARY, None, 1, True, {"0": {"name": "A", "value": "x"}}])
def test_it_takes_a_list_with_something_in_it(api: Api, member: Any, secrets: Any) -> None:
    assert invalid_fields(api(member).post(BATCH, {"secrets": secrets})) == {"secrets"}


def test_the_list_is_required(api: Api, member: Any) -> None:
    assert invalid_fields(api(member).post(BATCH, {})) == {"secrets"}


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"name": "lower", "value": CANARY}, "secrets.1.name"),
        ({"name": "B"}, "secrets.1.value"),
        ({"name": "B", "value": ""}, "secrets.1.value"),
        ({"name": "B", "value": 10_001 * "x"}, "secrets.1.value"),
        ({"name": "B", "value": CANARY, "created_by_agent": "yes"}, "secrets.1.created_by_agent"),
        ({"name": "B", "value": CANARY, "project_id": CANARY}, "secrets.1.project_id"),
        ({"name": "B", "value": CANARY, CANARY: CANARY}, "secrets.1"),
        (CANARY, "secrets.1"),
        (None, "secrets.1"),
        ([{"name": "B", "value": CANARY}], "secrets.1"),
    ],
)
def test_one_invalid_item_stops_all(api: Api, member: Any, bad: Any, complaint: str) -> None:
    answer = api(member).post(BATCH, {"secrets": [item("A"), bad, item("C")]})
    assert invalid_fields(answer) == {complaint}
    assert not Secret.objects.exists()


def test_one_foreign_project_stops_all(api: Api, member: Any, stranger: Any, project: Project) -> None:
    items = [item("A"), item("B", project_id=str(project.id)), item("C", project_id=str(uuid4()))]
    assert_problem(api(member).post(BATCH, {"secrets": items}), 403, "membership_required")
    assert_problem(api(stranger).post(BATCH, {"secrets": items[:2]}), 403, "membership_required")
    assert not Secret.objects.exists()
    assert not DataKey.objects.exists()


def test_one_project_of_a_lower_role_stops_all(api: Api, viewer: Any, project: Project) -> None:
    items = [item("A"), item("B", project_id=str(project.id))]
    assert_problem(api(viewer).post(BATCH, {"secrets": items}), 403, "role_too_low")
    assert not Secret.objects.exists()


@pytest.mark.parametrize("on_conflict", [{}, {"on_conflict": "refuse"}])
def test_one_taken_name_stops_all(api: Api, member: Any, on_conflict: dict[str, str]) -> None:
    make_secret(member, name="B")
    answer = api(member).post(BATCH, {"secrets": [item("A"), item("B")], **on_conflict})
    assert_problem(answer, 409, "name_taken")
    assert Secret.objects.get().name == "B"


@pytest.mark.parametrize("on_conflict", [{}, {"on_conflict": "refuse"}])
def test_one_name_twice_stops_all(api: Api, member: Any, on_conflict: dict[str, str]) -> None:
    answer = api(member).post(BATCH, {"secrets": [item("A"), item("B"), item("A")], **on_conflict})
    assert_problem(answer, 409, "name_taken")
    assert not Secret.objects.exists()


def test_one_name_in_two_scopes_is_no_conflict(api: Api, member: Any, project: Project) -> None:
    items = [item("A"), item("A", project_id=str(project.id))]
    assert api(member).post(BATCH, {"secrets": items}).status_code == 201


@pytest.mark.parametrize(
    ("member_name", "sent"),
    [
        ("on_conflict", "Rename"),
        ("on_conflict", CANARY),
        ("on_conflict", None),
        ("on_conflict", True),
        ("on_conflict", ["rename"]),
        ("on_conflict", {}),
        ("sanitize_names", "true"),
        ("sanitize_names", 1),
        ("sanitize_names", None),
        ("sanitize_names", []),
    ],
)
def test_the_options_are_strict(api: Api, member: Any, member_name: str, sent: Any) -> None:
    assert invalid_fields(api(member).post(BATCH, {"secrets": [item("A")], member_name: sent})) == {member_name}


@pytest.mark.parametrize("unknown", ["project_id", "name", CANARY, "Secrets"])
def test_unknown_members_are_refused(api: Api, member: Any, unknown: str) -> None:
    assert invalid_fields(api(member).post(BATCH, {"secrets": [item("A")], unknown: str(uuid4())})) == {"body"}
    assert not Secret.objects.exists()
