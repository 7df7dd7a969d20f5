"""No value in an answer or in a log, however a request fails and however much is logged."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import JsonResponse

from projects.models import Project
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.canary.usage import SECRETS, use
from tests.cast import Api, make_secret

pytestmark = pytest.mark.once

V = "«value»"
"""Stands for the canary in the bodies below."""

GOOD = {"name": "NEW", "value": V}
CREATE: dict[str, Any] = {
    "the name is wrong": GOOD | {"name": "lower case"},
    "the name is missing": {"value": V},
    "the name is the value": GOOD | {"name": V},
    "the name is an object": GOOD | {"name": {"value": V}},
    "the value is too long": GOOD | {"value": 999 * V},
    "the value is a list": GOOD | {"value": [V]},
    "the value is an object": GOOD | {"value": {V: V}},
    "the value is a name": {"name": "NEW", V: "value"},
    "the value is twice there": '{"name": "NEW", "value": "«value»", "value": "«value»"}',
    "the value has NUL": '{"name": "NEW", "value": "«value»\\u0000"}',
    "the value has half a surrogate pair": '{"name": "NEW", "value": "«value»\\ud800"}',
    "the body is cut": '{"name": "NEW", "value": "«value»',
    "the body is the value": '"«value»"',
    "the body is no JSON": "«value»",
    "the body is a form": "value=«value»",
    "the flag is the value": GOOD | {"created_by_agent": V},
    "the other flag is the value": GOOD | {"default_available": V},
    "the project is the value": GOOD | {"project_id": V},
    "the project is not there": GOOD | {"project_id": "6a1e5a3c-0000-4000-8000-000000000000"},
    "a field is the server's": GOOD | {"id": V, "owner": V},
    "the name is taken": {"name": "TAKEN", "value": V},
    "it is nested too deep": GOOD | {"x": json.loads(40 * "[" + '"«value»"' + 40 * "]")},
}
PATCH: dict[str, Any] = {
    "the value is too long": {"value": 999 * V},
    "the value is a list": {"value": [V]},
    "the value is a name": {V: V},
    "the flag is the value": {"default_available": V},
    "the description is too long": {"description": 99 * V},
    "the description is an object": {"description": {"x": V}},
    "the expiry is the value": {"expires_at": V},
    "a field cannot be changed": {"value": V, "created_by_agent": True},
    "the body is cut": '{"value": "«value»',
}
BATCH: dict[str, Any] = {
    "one name is wrong": {"secrets": [GOOD, {"name": "lower", "value": V}]},
    "one name is taken": {"secrets": [GOOD, {"name": "TAKEN", "value": V}]},
    "one item is the value": {"secrets": [GOOD, V]},
    "the list is the value": {"secrets": V},
    "a name is there twice": {"secrets": [GOOD, GOOD]},
    "the choice is the value": {"secrets": [GOOD], "on_conflict": V},
    "the flag is the value": {"secrets": [GOOD], "sanitize_names": V},
    "a name cannot be mended": {"secrets": [{"name": "Ω", "value": V}], "sanitize_names": True},
    "there are too many": {"secrets": 51 * [GOOD]},
    "one project is somebody else's": {"secrets": [GOOD | {"project_id": "6a1e5a3c-0000-4000-8000-000000000000"}]},
}
REFUSED = [
    *(("POST", SECRETS, body) for body in CREATE.values()),
    *(("PATCH", f"{SECRETS}/{{id}}", body) for body in PATCH.values()),
    *(("POST", f"{SECRETS}/batch", body) for body in BATCH.values()),
]
IDS = [
    f"{verb}: {what}" for verb, bodies in [("create", CREATE), ("patch", PATCH), ("batch", BATCH)] for what in bodies
]


def raw(body: Any, canary: Canary) -> bytes:
    """The body with the canary in it; a text is sent as it is."""
    as_json = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return as_json.replace(V, json.dumps(canary.value, ensure_ascii=False)[1:-1]).encode()


@pytest.mark.parametrize(("method", "path", "body"), REFUSED, ids=IDS)
def test_no_refusal_repeats_the_value(
    method: str, path: str, body: Any, api: Api, member: Any, canary: Canary, log: Log
) -> None:
    secret = make_secret(member, name="TAKEN")
    response = api(member).request(method, path.format(id=secret.id), raw(body, canary))
    assert 400 <= response.status_code < 500
    assert canary.found_in(*places.answer(response), log()) == []


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", f"{SECRETS}?value={{it}}", {}),
        ("GET", f"{SECRETS}?project_id={{it}}", {}),
        ("GET", f"{SECRETS}?limit={{it}}", {}),
        ("GET", f"{SECRETS}/{{it}}", {}),
        ("GET", "/api/v1/{it}", {}),
        ("GET", "/api/{it}", {}),
        ("GET", "/api/v1/projects/{it}", {}),
        ("POST", SECRETS, {"Content-Type": "text/{it}"}),
        ("POST", SECRETS, {"Content-Type": "application/json; charset={it}"}),
        ("GET", SECRETS, {"Authorization": "Bearer {it}"}),
        ("GET", SECRETS, {"Authorization": "Basic {it}"}),
        ("PATCH", f"{SECRETS}/{{id}}", {"If-Match": '"{it}"'}),
        ("DELETE", f"{SECRETS}/{{id}}", {"If-Match": "{it}"}),
        ("GET", SECRETS, {"X-Request-Id": "{it}"}),
    ],
)
def test_no_refusal_repeats_query_path_or_header(
    method: str, path: str, headers: dict[str, str], api: Api, member: Any, canary: Canary, log: Log
) -> None:
    run, secret = canary.sought[0], make_secret(member)
    sent = {name: text.replace("{it}", run) for name, text in headers.items()}
    response = api(member).request(method, path.format(id=secret.id, it=run), b"{}", **sent)
    assert canary.found_in(*places.answer(response)) == []
    assert canary.found_in(log()) == []


def test_a_refused_host_is_named_in_the_log_alone(api: Api, member: Any, canary: Canary, log: Log) -> None:
    """The operator has to know which host NEO_ALLOWED_HOSTS lacks."""
    run = canary.sought[0]
    response = api(member).request("GET", SECRETS, b"{}", Host=run)
    assert response.status_code == 400
    assert canary.found_in(*places.answer(response)) == []
    assert f"host.refused host={run} setting=NEO_ALLOWED_HOSTS" in log()


def test_no_answer_or_log_line_of_a_day_of_use_has_the_value(
    api: Api, member: Any, project: Project, canary: Canary, log: Log
) -> None:
    answers = use(api(member), project, canary)
    assert canary.found_in(*(part for response in answers for part in places.answer(response))) == []
    assert "INSERT INTO" in log()
    assert "PERSONAL" in log()
    assert canary.found_in(log()) == []


def test_the_openapi_document_lacks_the_value(api: Api, member: Any, project: Project, canary: Canary) -> None:
    use(api(member), project, canary)
    assert canary.found_in(*places.answer(api(None).get("/api/openapi.json"))) == []


def test_a_planted_leak_would_be_found_in_an_answer_and_its_head(canary: Canary) -> None:
    assert canary.found_in(*places.answer(JsonResponse({"detail": canary.value})))
    assert canary.found_in(*places.answer(JsonResponse({}, headers={"X-Leak": canary.sought[0]})))
    leaking = JsonResponse({})
    leaking.set_cookie("leak", canary.value)
    assert canary.found_in(*places.answer(leaking))


@pytest.mark.parametrize("name", ["secrets_app", "neo_base.rest.problems", "django.db.backends", "any.other"])
def test_a_planted_leak_would_be_found_in_the_log(name: str, canary: Canary, log: Log) -> None:
    logging.getLogger(name).debug("value %s", canary.value)
    assert canary.found_in(log())


def test_a_planted_leak_would_be_found_in_the_logged_sql(canary: Canary, log: Log, db: None) -> None:
    get_user_model()._default_manager.filter(username=canary.value).first()
    assert canary.found_in(log())
