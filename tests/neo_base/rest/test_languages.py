"""The language of the API: English, whatever language the client, the site and the thread use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from projects.models import Project
from tests.cast import CANARY, Api, make_secret
from tests.contract import MEBIBYTE, PROJECTS, SECRETS

pytestmark = pytest.mark.once

NOBODYS = "5a2f3b1c-0d4e-4f6a-8b7c-9d0e1f2a3b4c"
LONG = "x" * 20_000


@pytest.fixture(params=["client", "site", "thread"])
def german(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Return request headers in a setting where something prefers German."""
    settings = request.getfixturevalue("settings")
    if request.param == "client":
        with translation.override("en"):
            yield {"Accept-Language": "de"}
        return
    if request.param == "site":
        settings.LANGUAGE_CODE = "de"
    # Like a host site that chooses languages in its own way.
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.endswith("LocaleMiddleware")]
    with translation.override("de"):
        yield {}


REFUSALS: list[tuple[str, str, Any]] = [
    ("POST", SECRETS, {}),
    ("POST", SECRETS, {"name": "lower", "value": LONG, "default_available": 1, "project_id": "x"}),
    ("POST", SECRETS, {"name": "", "value": "", "created_by_agent": None}),
    ("POST", SECRETS, {"name": "TAKEN", "value": "v"}),
    ("POST", SECRETS, {"name": "N", "value": "v", "project_id": NOBODYS}),
    ("POST", SECRETS, b"{"),
    ("POST", SECRETS, b" " * (2 * MEBIBYTE)),
    ("GET", f"{SECRETS}?limit=0&offset=-1", None),
    ("GET", f"{SECRETS}?limit=99999", None),
    ("GET", f"{SECRETS}/{NOBODYS}", None),
    ("PUT", SECRETS, None),
    ("GET", "/api/v1/nowhere", None),
    ("GET", f"/api/v1/{'x' * 300}%00", None),
    ("POST", PROJECTS, {"name": LONG, "tags": ["x"] * 99}),
    ("POST", f"{PROJECTS}/{{project}}/members", {"username": "nobody", "role": "king"}),
    ("POST", f"{PROJECTS}/{{project}}/members", {"username": "nobody", "role": "viewer"}),
    ("POST", f"{PROJECTS}/{{project}}/members", {"username": "viewer", "role": "viewer"}),
    ("POST", f"{PROJECTS}/{{project}}/invitations", {"email": "no address", "role": "viewer"}),
    ("DELETE", f"{PROJECTS}/{{project}}/members/{{admin}}", None),
    ("POST", "/api/v1/invitations/accept", {"token": "wrong"}),
    ("POST", "/api/v1/service-tokens", {"name": LONG, "scopes": [], "expires_at": "2001-01-01T00:00:00Z"}),
    ("POST", "/api/v1/service-tokens", {"name": "t", "scopes": ["secrets:read"], "expires_at": "2001-01-01T00:00:00Z"}),
    ("POST", "/api/v1/task-grants", {"secrets": ["NONE"]}),
    ("POST", "/api/v1/task-grants", {"ttl": 10**6, "max_uses": 0}),
    ("POST", "/api/v1/runtime/environment", None),
    ("POST", "/api/v1/auth/token", {"username": "admin", "password": "wrong"}),
    ("POST", "/api/v1/auth/token/refresh", {"refresh": "wrong"}),
    ("GET", "/api/v1/auth/token", None),
    ("GET", f"/api/v1/audit?event={CANARY}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSALS)
def test_a_refusal_is_word_for_word_the_same(
    api: Api, admin: Any, project: Project, german: dict[str, str], method: str, path: str, body: Any
) -> None:
    make_secret(admin, name="TAKEN")
    address, client = path.format(project=project.id, admin=admin.pk), api(admin)
    with translation.override("en"):
        english = client.request(method, address, body)
    answer = client.request(method, address, body, **german)
    assert english.status_code >= 400
    assert answer.status_code == english.status_code
    assert answer.json() | {"request_id": ""} == english.json() | {"request_id": ""}
    assert answer.headers["Content-Language"] == "en"


def test_a_success_and_the_document_are_the_same(api: Api, admin: Any, project: Project, german: Any) -> None:
    with translation.override("en"):
        english = [api(admin).get(path).json() for path in (PROJECTS, "/api/openapi.json")]
    assert [api(admin).get(path, **german).json() for path in (PROJECTS, "/api/openapi.json")] == english


def test_the_thread_has_its_language_back_afterwards(api: Api, admin: Any, german: dict[str, str]) -> None:
    """The language of the thread; or that which Django's middleware has set for the client, and leaves there."""
    assert api(admin).get(PROJECTS, **german).headers["Content-Language"] == "en"
    assert translation.get_language() == "de"


def test_a_browser_chooses_the_language_of_pages(client: Client, db: None) -> None:
    german, english, other = (
        client.get("/accounts/login/", headers={"Accept-Language": wanted}) for wanted in ("de-AT,de;q=0.9", "en", "fr")
    )
    assert (german.headers["Content-Language"], english.headers["Content-Language"]) == ("de", "en")
    assert "Passwort" in german.text
    assert other.text.count("Password") == english.text.count("Password") > 0
    assert "Accept-Language" in german.headers["Vary"]
