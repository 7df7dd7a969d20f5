"""Each request leaves one record, with its user and its status and nothing that the client typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from neo_base.access.actors import Actor
from neo_site.logs.formatters import JSONFormatter
from secrets_app.actions.tokens import create_token
from tests.cast import Api

pytestmark = pytest.mark.once

Lines = Callable[[], list[dict[str, Any]]]
TYPED = "typed-by-the-client"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Return what was logged so far, as it was written at the time."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logging.getLogger("neo_site").addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("neo_site").removeHandler(handler)


def answered(lines: Lines) -> dict[str, Any]:
    (line,) = [line for line in lines() if line["message"] == "request.answered"]
    return line


def test_a_request_of_a_session_is_logged_with_its_user(api: Api, member: Any, lines: Lines) -> None:
    answer = api(member).get(f"/api/v1/secrets/{uuid4()}?project_id={TYPED}")
    line = answered(lines)
    assert line["request_id"] == answer["X-Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "api/v1/secrets/<uuid:secret_id>", 400)
    assert (line["user_id"], line["credential"]) == (member.pk, "AccessToken")
    assert line["duration"] > 0
    assert TYPED not in json.dumps(lines())


def test_a_request_with_a_service_token_is_logged_without_it(api: Api, member: Any, lines: Lines) -> None:
    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"]).text
    api(None).get("/api/v1/secrets", X_Api_Key=token)
    line = answered(lines)
    assert (line["user_id"], line["credential"], line["status"]) == (member.pk, "ServiceToken", 200)
    assert token not in json.dumps(lines())


def test_an_anonymous_request_is_logged_without_user(api: Api, lines: Lines, db: None) -> None:
    api(None).get("/api/v1/secrets", Authorization=f"Bearer {TYPED}")
    line = answered(lines)
    assert line["status"] == 401
    assert "user_id" not in line
    assert TYPED not in json.dumps(lines())


def test_a_page_of_the_admin_is_logged_with_its_user(superuser: Any, lines: Lines) -> None:
    client = Client()
    client.force_login(superuser)
    client.get("/admin/", {"q": TYPED})
    line = answered(lines)
    assert (line["route"], line["user_id"], line["credential"]) == ("admin/", superuser.pk, "Cookie")
    assert TYPED not in json.dumps(lines())


@pytest.mark.parametrize("path", [f"/{TYPED}", f"/api/{TYPED}", f"/api/v1/{TYPED}/x", "/api/v1/%0a%1b[31m"])
def test_an_unknown_path_is_not_repeated(api: Api, lines: Lines, path: str, db: None) -> None:
    api(None).get(path)
    assert (answered(lines)["route"], answered(lines)["status"]) == ("none", 404)
    assert TYPED not in json.dumps(lines())


def test_an_unknown_method_is_not_repeated(lines: Lines, db: None) -> None:
    Client().generic(TYPED, "/livez")
    assert answered(lines)["method"] == "other"


def test_logging_a_request_costs_no_query(
    lines: Lines, db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client = Client()
    client.cookies["sessionid"] = TYPED
    with django_assert_num_queries(0):
        client.get("/livez")
    assert "user_id" not in answered(lines)


def test_records_have_the_id_of_their_request_or_none(api: Api, member: Any, lines: Lines) -> None:
    logger = logging.getLogger("neo_site.health")
    logger.warning("outside")
    api(None).get("/readyz")
    logger.warning("outside")
    inside = answered(lines)
    assert [("request_id" in line) for line in lines() if line["message"] == "outside"] == [False, False]
    assert inside["request_id"]


@pytest.mark.parametrize(
    ("path", "level"), [("/livez", "DEBUG"), ("/static/nothing.css", "DEBUG"), ("/api/v1/secrets", "INFO")]
)
def test_probes_are_logged_at_debug_level(path: str, level: str, lines: Lines, db: None) -> None:
    Client().get(path)
    assert answered(lines)["level"] == level
