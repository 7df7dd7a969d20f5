"""Problem documents (RFC 9457): every 4xx is one, including the framework's own."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.cast import CANARY, Api, make_secret
from tests.contract import MEBIBYTE, PROJECTS, SECRETS, assert_problem

pytestmark = pytest.mark.once

NOBODYS = "5a2f3b1c-0d4e-4f6a-8b7c-9d0e1f2a3b4c"
NOWHERE = f"{SECRETS}/{NOBODYS}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", SECRETS, {}, 400, "invalid"),
        ("POST", SECRETS, f'{{"{CANARY}'.encode(), 400, "invalid"),
        ("GET", f"{SECRETS}?{CANARY}={CANARY}", None, 400, "invalid"),
        ("GET", f"{SECRETS}?project_id={NOBODYS}", None, 403, "membership_required"),
        ("GET", NOWHERE, None, 404, "not_found"),
        ("GET", f"/api/v1/{CANARY}", None, 404, "not_found"),
        ("GET", f"{SECRETS}/{CANARY}", None, 404, "not_found"),
        ("GET", "/api/v1", None, 404, "not_found"),
        ("GET", "/api/v1/", None, 404, "not_found"),
        ("GET", "/api/", None, 404, "not_found"),
        ("GET", "/api/v2/secrets", None, 404, "not_found"),
        ("GET", f"{SECRETS}//", None, 404, "not_found"),
        ("GET", f"/api/v1//{SECRETS}", None, 404, "not_found"),
        ("GET", f"{SECRETS}.json", None, 404, "not_found"),
        ("GET", "/api/v1/Secrets", None, 404, "not_found"),
        ("POST", f"/api/v1/{CANARY}", {"value": CANARY}, 404, "not_found"),
        ("PUT", SECRETS, {"value": CANARY}, 405, "method_not_allowed"),
        ("DELETE", SECRETS, None, 405, "method_not_allowed"),
        ("POST", PROJECTS, ("[" * 40 + "]" * 40).encode(), 400, "invalid"),
    ],
)
def test_an_error_is_a_problem(
    api: Api, member: Any, method: str, path: str, body: Any, status: int, code: str
) -> None:
    problem = assert_problem(api(member).request(method, path, body), status, code)
    assert problem["type"] == "about:blank"
    assert problem["detail"].endswith(".")
    assert problem["title"]


@pytest.mark.parametrize(
    "path",
    ["%00", "%FF", "%ED%A0%80", "%0A", "%0D%0ASet-Cookie:%20a=b", "..%2f..%2fetc", "%", "%zz", "\u00e9", "%1B[31m"],
)
@pytest.mark.parametrize("prefix", ["/api/v1/", f"{SECRETS}/", f"{PROJECTS}/", f"{PROJECTS}/{NOBODYS}/members/"])
def test_an_address_of_odd_bytes_is_nowhere(api: Api, member: Any, prefix: str, path: str) -> None:
    answer = api(member).delete(prefix + path)
    assert_problem(answer, 404, "not_found")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SECRETS, {"GET", "HEAD", "POST"}),
        (f"{SECRETS}/batch", {"POST"}),
        (NOWHERE, {"GET", "HEAD", "PATCH", "DELETE"}),
        (f"{NOWHERE}/versions", {"GET", "HEAD"}),
        (f"{NOWHERE}/versions/1/restore", {"POST"}),
        (PROJECTS, {"GET", "HEAD", "POST"}),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "FOO", "PROPFIND", "QUERY"])
def test_405_lists_the_methods_that_work(api: Api, member: Any, path: str, allowed: set[str], method: str) -> None:
    answer = api(member).request(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == allowed - {"HEAD"}


@pytest.mark.parametrize("path", ["", "/members", "/members/1"])
def test_405_in_a_project_too(api: Api, member: Any, project: Project, path: str) -> None:
    assert_problem(api(member).request("PUT", f"{PROJECTS}/{project.id}{path}", {}), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {CANARY}"},
        {"Authorization": f"Basic {CANARY}"},
        {"Authorization": CANARY},
        {"Cookie": f"access={CANARY}"},
    ],
)
@pytest.mark.parametrize("path", [SECRETS, NOWHERE, PROJECTS, f"{SECRETS}?access_token={CANARY}"])
def test_401_says_how_to_sign_in(api: Api, db: None, path: str, headers: dict[str, str]) -> None:
    answer = api(None).get(path, **headers)
    assert_problem(answer, 401, answer.json()["code"])
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] in ("not_authenticated", "invalid_token")


@pytest.mark.parametrize("path", ["/api/v1/api/v1/secrets", "/api/secrets", "/api/v1/nothing"])
def test_an_address_that_the_api_lacks_is_no_missing_object(api: Api, member: Any, path: str) -> None:
    problem = assert_problem(api(member).get(path), 404, "not_found")
    assert problem["detail"].startswith("The API has no such address. Check the path")


def test_401_comes_before_anything_is_read(api: Api, db: None) -> None:
    client = api(None)
    for body in (b"{", (MEBIBYTE + 1) * b" ", b'{"value": "\\ud800"}'):
        assert_problem(client.post(SECRETS, body), 401, "not_authenticated")


def test_each_answer_has_its_own_id_not_the_clients(api: Api, member: Any) -> None:
    client, sent = api(member), "11111111-2222-3333-4444-555555555555"
    ids = [client.get(path, X_Request_Id=sent).headers["X-Request-Id"] for path in (SECRETS, SECRETS, NOWHERE)]
    assert len({*ids, sent}) == 4


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "", "garbage"])
def test_errors_and_answers_are_json_whatever_the_client_accepts(api: Api, member: Any, accept: str) -> None:
    client = api(member)
    assert_problem(client.get(NOWHERE, Accept=accept), 404, "not_found")
    assert client.get(SECRETS, Accept=accept).headers["Content-Type"] == "application/json"


def test_a_409_and_a_412_are_problems(api: Api, member: Any) -> None:
    client, secret = api(member), make_secret(member)
    assert_problem(client.post(SECRETS, {"name": secret.name, "value": CANARY}), 409, "name_taken")
    assert_problem(client.delete(f"{SECRETS}/{secret.id}", If_Match='"9"'), 412, "precondition_failed")


@pytest.mark.parametrize("host", ["evil.example", "a b", "testserver:x", "", "[::1"])
def test_a_forged_host_changes_no_form(api: Api, member: Any, host: str) -> None:
    answer = api(member).get(f"{SECRETS}?limit=1", Host=host)
    assert answer.status_code in (200, 400)
    assert b"<" not in answer.content
