"""UUIDs in odd forms: made canonical or refused, never a 500."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_secret
from tests.contract import BATCH, PROJECTS, SECRETS, assert_problem, invalid_fields

ODD = {
    "braces": "{{{0}}}",
    "urn": "urn:uuid:{0}",
    "bare hex": "{0.hex}",
    "trailing newline": "{0}\n",
    "leading space": " {0}",
    "trailing space": "{0} ",
    "full-width digits": "\uff10{1}",
    "one short": "{2}",
    "one long": "{0}0",
    "misplaced hyphens": "{3}",
    "NUL": "{0}\x00",
    "integer": "{0.int}",
    "empty": "",
    "text": CANARY,
    "zero": "0",
    "path": "../{0}",
    "two": "{0},{0}",
}


def odd(form: str, key: UUID) -> str:
    text = str(key)
    return ODD[form].format(key, text[1:], text[:-1], text.replace("-", "", 1) + "-")


@pytest.mark.parametrize("form", ODD)
def test_bodies_take_none_of_them(api: Api, member: Any, project: Project, form: str) -> None:
    client, item = api(member), {"name": "TOKEN", "value": CANARY, "project_id": odd(form, project.id)}
    nul = "body" if form == "NUL" else ""
    assert invalid_fields(client.post(SECRETS, item)) == {nul or "project_id"}
    assert invalid_fields(client.post(BATCH, {"secrets": [item]})) == {nul or "secrets.0.project_id"}
    assert invalid_fields(client.post(PROJECTS, {"id": odd(form, project.id)})) == {nul or "id"}
    assert not Secret.objects.exists()


@pytest.mark.parametrize("form", ODD)
def test_queries_take_none_of_them(api: Api, member: Any, project: Project, form: str) -> None:
    answer = api(member).get(f"{SECRETS}?project_id={quote(odd(form, project.id))}")
    assert invalid_fields(answer) == {"project_id"}


@pytest.mark.parametrize("form", [form for form in ODD if form not in ("empty", "path")])
def test_paths_take_none_of_them(api: Api, member: Any, project: Project, form: str) -> None:
    client, secret = api(member), make_secret(member)
    assert_problem(client.get(f"{SECRETS}/{quote(odd(form, secret.id), safe='')}"), 404, "not_found")
    assert_problem(client.delete(f"{SECRETS}/{quote(odd(form, secret.id), safe='')}"), 404, "not_found")
    assert_problem(client.get(f"{PROJECTS}/{quote(odd(form, project.id), safe='')}"), 404, "not_found")
    assert Secret.objects.count() == 1


@pytest.mark.parametrize("sent", [0, 1, 2**128 - 1, 1.5, True, False, [], {}, ["x"]])
def test_only_strings_are_uuids(api: Api, member: Any, sent: Any) -> None:
    answer = api(member).post(SECRETS, {"name": "TOKEN", "value": CANARY, "project_id": sent})
    assert_problem(answer, 400, "invalid")
    assert not Secret.objects.exists()


def test_upper_case_is_the_same_uuid_and_answered_in_lower_case(api: Api, member: Any, project: Project) -> None:
    client, upper = api(member), str(project.id).upper()
    created = client.post(SECRETS, {"name": "TOKEN", "value": CANARY, "project_id": upper})
    assert created.json()["project_id"] == str(project.id)
    assert client.get(f"{SECRETS}?project_id={upper}").json()["count"] == 1


def test_upper_case_in_an_address_is_canonical_or_missing(api: Api, member: Any) -> None:
    assert api(member).get(f"{SECRETS}/{str(make_secret(member).id).upper()}").status_code in (200, 404)


@pytest.mark.parametrize("key", [UUID(int=0), UUID(int=2**128 - 1)])
def test_nil_and_max_are_ids_of_nothing(api: Api, member: Any, key: UUID) -> None:
    client = api(member)
    assert_problem(client.get(f"{SECRETS}/{key}"), 404, "not_found")
    assert_problem(client.get(f"{SECRETS}?project_id={key}"), 403, "membership_required")
