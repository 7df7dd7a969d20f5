"""POST /api/v1/secrets/import: all secrets or none, those that are there included."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.secrets import replace_values
from secrets_app.actions.tokens import create_token
from secrets_app.errors import NoSuchSecret
from secrets_app.models import AuditEvent, DataKey, Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, make_secret
from tests.contract import IMPORT, assert_problem, invalid_fields, stored_value


def item(name: str) -> dict[str, str]:
    return {"name": name, "value": f"{CANARY} of {name}"}


def versions() -> dict[str, int]:
    return dict(Secret.objects.values_list("name", "version"))


@pytest.mark.parametrize("slash", ["", "/"])
def test_all_are_stored_in_the_order_of_the_request(api: Api, member: Any, project: Project, slash: str) -> None:
    names = [f"N{number}" for number in range(120, 0, -1)]
    body = {"secrets": [item(name) for name in names], "project_id": str(project.id), "default_available": True}
    answer = api(member).post(IMPORT + slash, body)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [each["name"] for each in results] == names
    assert {each["outcome"] for each in results} == {"created"}
    assert CANARY not in answer.content.decode()
    assert stored_value(results[7]["id"]) == f"{CANARY} of {names[7]}"
    assert Secret.objects.filter(project=project, default_available=True).count() == 120


@pytest.mark.parametrize(
    ("on_conflict", "outcomes", "stored"),
    [
        ("skip", ["created", "skipped"], {"A": 1, "TAKEN": 1}),
        ("replace", ["created", "replaced"], {"A": 1, "TAKEN": 2}),
        ("rename", ["created", "created"], {"A": 1, "TAKEN": 1, "TAKEN_2": 1}),
    ],
)
def test_taken_names_are_treated_as_asked(
    api: Api, member: Any, on_conflict: str, outcomes: list[str], stored: dict[str, int]
) -> None:
    make_secret(member, name="TAKEN")
    answer = api(member).post(IMPORT, {"secrets": [item("A"), item("TAKEN")], "on_conflict": on_conflict})
    assert [each["outcome"] for each in answer.json()["results"]] == outcomes
    assert versions() == stored


def test_taken_name_is_refused_by_default(api: Api, member: Any) -> None:
    make_secret(member, name="TAKEN")
    assert_problem(api(member).post(IMPORT, {"secrets": [item("A"), item("TAKEN")]}), 409, "name_taken")
    assert versions() == {"TAKEN": 1}


@pytest.mark.parametrize("on_conflict", ["refuse", "skip", "replace"])
def test_name_may_occur_once(api: Api, member: Any, on_conflict: str) -> None:
    body = {"secrets": [item("A"), item("B"), item("A")], "on_conflict": on_conflict}
    assert_problem(api(member).post(IMPORT, body), 409, "name_taken")
    assert versions() == {}


def test_names_of_any_form_are_converted_where_asked(api: Api, member: Any) -> None:
    body = {"secrets": [item("dbPassword"), item("2fa")], "sanitize_names": True}
    answer = api(member).post(IMPORT, body)
    assert [each["name"] for each in answer.json()["results"]] == ["DB_PASSWORD", "SECRET_2FA"]
    assert invalid_fields(api(member).post(IMPORT, {"secrets": [item("A"), item("dbPassword")]})) == {"secrets.1.name"}


@pytest.mark.parametrize("on_conflict", ["refuse", "rename", "skip", "replace"])
def test_more_than_the_owner_may_have_changes_nothing(api: Api, member: Any, on_conflict: str, settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 3}
    make_secret(member, name="TAKEN")
    for names in (["A", "B", "C", "TAKEN"], ["A", "B", "C"]):
        body = {"secrets": [item(name) for name in names], "on_conflict": on_conflict}
        assert_problem(api(member).post(IMPORT, body), 409, "scope_full")
    assert versions() == {"TAKEN": 1}
    body = {"secrets": [item("A"), item("B")], "on_conflict": on_conflict}
    assert api(member).post(IMPORT, body).status_code == 200


def test_one_that_cannot_be_replaced_stops_all(api: Api, member: Any, project: Project) -> None:
    make_secret(member, name="HELD", project_id=project.id)
    Secret.objects.update(quarantine_reason="agent")
    body = {"secrets": [item("A"), item("HELD")], "on_conflict": "replace", "project_id": str(project.id)}
    key = create_token(actor=Actor.from_user(member), name="agent", scopes=["secrets:write"]).text
    assert_problem(api(None).post(IMPORT, body, X_Api_Key=key), 403, "in_quarantine")
    assert versions() == {"HELD": 1}
    assert AuditEvent.objects.filter(event="secret.created").count() == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"secrets": []}, {"secrets"}),
        ({"secrets": [item("A") | {"project_id": None}]}, {"secrets.0"}),
        ({"secrets": [item("A"), {"name": "B", "value": 10_001 * "x"}]}, {"secrets.1.value"}),
        ({"secrets": [item("A")], "on_conflict": CANARY}, {"on_conflict"}),
        ({"secrets": [item("A")], "sanitize_names": 1}, {"sanitize_names"}),
        ({"secrets": [item("A")], "project_id": CANARY}, {"project_id"}),
        ({"secrets": [item("A")], CANARY: True}, {"body"}),
        ({}, {"secrets"}),
    ],
)
def test_wrong_bodies_are_refused_and_not_echoed(api: Api, member: Any, body: Any, fields: set[str]) -> None:
    assert invalid_fields(api(member).post(IMPORT, body)) == fields
    assert versions() == {}


def test_unknown_project_and_lower_role_are_refused(api: Api, viewer: Any, project: Project) -> None:
    body = {"secrets": [item("A")], "on_conflict": "skip", "project_id": str(project.id)}
    assert_problem(api(viewer).post(IMPORT, body), 403, "role_too_low")
    assert_problem(api(viewer).post(IMPORT, body | {"project_id": str(uuid4())}), 403, "membership_required")


def test_replacing_many_looks_at_the_data_key_once(api: Api, member: Any, django_assert_max_num_queries: Any) -> None:
    body = {"secrets": [item(f"N{number}") for number in range(40)], "on_conflict": "replace"}
    assert api(member).post(IMPORT, body).status_code == 200
    before = DataKey.objects.get().seals
    with django_assert_max_num_queries(4 * 40 + 30):
        assert api(member).post(IMPORT, body).status_code == 200
    assert set(versions().values()) == {2}
    assert DataKey.objects.get().seals <= before + 1_024


def test_secret_of_another_owner_is_not_replaced(member: Any, project: Project) -> None:
    secret = make_secret(member, name="A", project_id=project.id)
    with pytest.raises(NoSuchSecret):
        replace_values(
            actor=Actor.from_user(member), owner=Owner(user_id=member.pk), values={secret.id: Plaintext("other")}
        )
    assert versions() == {"A": 1}
