"""Requests of the API pass less middleware, and are answered as through all of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.utils import translation

from neo_site.handlers import ApiHandler, Application, ByAddress
from neo_site.signin.actions import sign_in
from tests.cast import make_secret

pytestmark = pytest.mark.once

Answer = tuple[str, dict[str, str], bytes]
CHANGES_EACH_TIME = {"X-Request-Id", "Vary"}


def asked(application: Application, path: str, method: str = "GET", **environ: str) -> Answer:
    sent: dict[str, Any] = {
        **{"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": ""},
        **{"SERVER_NAME": "testserver", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"},
        **{"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0)},
        **{"wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, **environ},
    }
    started: list[Any] = []
    response: Any = application(sent, lambda *head: started.append(head))
    body = b"".join(response)
    response.close()
    return started[0][0], dict(started[0][1]), body


def test_what_the_api_does_without_is_in_the_list() -> None:
    assert set(settings.NEO_PAGE_MIDDLEWARE) < set(settings.MIDDLEWARE)
    before = list(settings.MIDDLEWARE)
    ApiHandler().load_middleware()
    assert before == settings.MIDDLEWARE


@pytest.mark.parametrize("path", ["secrets", "secrets/{}", "secrets/{}/", "audit", "projects", "no/such", "secrets/x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("is_signed_in", [True, False])
@pytest.mark.parametrize("host", ["testserver", "evil.example"])
def test_the_answers_are_the_same(member: Any, path: str, method: str, is_signed_in: bool, host: str) -> None:
    secret, token = make_secret(member), sign_in(user=member).access
    sent = {"HTTP_HOST": host, **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if is_signed_in else {})}
    everything, api = (
        asked(handler, f"/api/v1/{path.format(secret.id)}", method, **sent) for handler in (WSGIHandler(), ApiHandler())
    )
    ids = [headers.get("X-Request-Id", "").encode() for _, headers, _ in (everything, api)]
    headers = [
        {name: value for name, value in each[1].items() if name not in CHANGES_EACH_TIME} for each in (everything, api)
    ]
    assert (everything[0], headers[0]) == (api[0], headers[1])
    assert everything[2].replace(ids[0], b"") == api[2].replace(ids[1], b"")


def test_the_language_of_an_earlier_page_does_not_reach_the_api(db: None) -> None:
    with translation.override("de"):
        _, headers, body = asked(ApiHandler(), "/api/v1/no/such", HTTP_HOST="testserver")
    assert b"The API has no such address" in body
    assert headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("path", "environ", "chosen"),
    [
        ("/api/v1/secrets", {}, "api"),
        ("/api/v1/secrets", {"HTTP_COOKIE": "sessionid=x"}, "everything"),
        ("/api/v1/auth/token", {}, "everything"),
        ("/api/v1/user/sessions", {}, "everything"),
        ("/api/v1", {}, "everything"),
        ("/api/docs", {}, "everything"),
        ("/admin/api/v1/secrets", {}, "everything"),
    ],
)
def test_the_address_and_cookies_choose_the_handler(path: str, environ: dict[str, str], chosen: str) -> None:
    def named(name: str) -> Callable[..., list[bytes]]:
        return lambda *_: [name.encode()]

    by_address = ByAddress(named("everything"), named("api"))
    assert by_address({"PATH_INFO": path, **environ}, lambda *_: None) == [chosen.encode()]
