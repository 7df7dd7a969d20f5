"""The site under a path of a host name that it shares. `tests/live/test_behind_nginx.py` has the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.urls import clear_script_prefix, set_script_prefix
from environ import FileAwareEnv

from neo_site.base_path import BasePath
from neo_site.configuration import hosts
from projects.invitation_mail import message
from projects.models import Project
from tests.cast import make_invitation

pytestmark = pytest.mark.once


@pytest.fixture
def under_vault(settings: Any) -> Iterator[None]:
    settings.FORCE_SCRIPT_NAME = "/vault"
    settings.MIDDLEWARE = ["neo_site.base_path.BasePath", *site_settings.MIDDLEWARE]
    # As Django does at the start of a process and of each request; its test client does not.
    set_script_prefix("/vault/")
    yield
    clear_script_prefix()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        *[("", "/"), ("/", "/"), ("vault", "/vault/"), ("/vault", "/vault/"), ("/vault/", "/vault/")],
        *[("/a/b.c/", "/a/b.c/"), ("  /team-1/vault_2/ ", "/team-1/vault_2/")],
    ],
)
def test_a_base_path_begins_and_ends_with_a_slash(monkeypatch: pytest.MonkeyPatch, given: str, path: str) -> None:
    monkeypatch.setenv("NEO_BASE_PATH", given)
    assert hosts.base_path(FileAwareEnv()) == path


@pytest.mark.parametrize(
    "given",
    ["https://example.org/vault/", "/a//b/", "/../x/", "/a b/", "/a?b/", "/a#b/", "/%2e/", "/ü/", "/.x/", "/a;b"],
)
def test_what_is_no_base_path_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("NEO_BASE_PATH", given)
    with pytest.raises(ImproperlyConfigured, match=r"^NEO_BASE_PATH must be a path such as /vault/") as refused:
        hosts.base_path(FileAwareEnv())
    assert given not in str(refused.value)


def handled(request: Any) -> Any:
    """The request as the next middleware gets it."""
    seen: list[Any] = []
    BasePath(lambda each: HttpResponse(seen.append(each) or ""))(request)  # type: ignore[func-returns-value]
    return seen[0]


@pytest.mark.parametrize(
    ("asked", "path_info"),
    [
        *[("/vault/api/docs", "/api/docs"), ("/api/docs", "/api/docs"), ("/vault", "/"), ("/vault/", "/")],
        *[("/vaults/x", "/vaults/x"), ("/vault/vault/x", "/vault/x"), ("/", "/")],
    ],
)
def test_a_request_has_the_base_path_before_its_own(under_vault: None, asked: str, path_info: str) -> None:
    request = handled(RequestFactory().get(asked))
    assert (request.path_info, request.path) == (path_info, f"/vault{path_info}")


@pytest.mark.parametrize("asked", ["/vault/api/docs", "/api/docs"])
def test_a_request_by_asgi_has_it_as_well(under_vault: None, asked: str) -> None:
    request = handled(AsyncRequestFactory().get(asked))
    assert (request.path_info, request.path) == ("/api/docs", "/vault/api/docs")
    assert request.build_absolute_uri() == "http://testserver/vault/api/docs"


@pytest.mark.parametrize("proxied", ["", "/vault"], ids=["the proxy takes it off", "the proxy leaves it on"])
def test_redirects_links_and_problems_keep_the_path(
    client: Client, superuser: Any, under_vault: None, proxied: str
) -> None:
    assert client.get(f"{proxied}/admin/").headers["Location"] == "/vault/admin/login/?next=/vault/admin/"
    client.force_login(superuser)
    page = client.get(f"{proxied}/admin/").text
    assert 'href="/vault/"' in page
    assert 'href="/admin/' not in page
    assert client.get(f"{proxied}/api/nothing").json()["status"] == 404
    assert client.get(f"{proxied}/livez").status_code == 200


def test_the_mail_of_an_invitation_names_the_path(admin: Any, project: Project, under_vault: None) -> None:
    invited = make_invitation(admin, project, "new@example.com")
    assert " to /vault/api/v1/invitations/accept" in message(invited.row, invited.token).body
