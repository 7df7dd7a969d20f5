"""Probes: answered to whatever `Host`, with what holds and no more. `/writez` writes."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any, Never

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from neo_site.throttling.models import CacheEntry

pytestmark = pytest.mark.django_db

OTHER_HOSTS = ["10.0.0.7:8000", "[::1]:8000", "kubelet", "not a host", ""]
ANSWERS = {
    "/livez": {"status": "alive"},
    "/readyz": {"status": "ready", "database": True, "migrations": True, "keyring": True},
    "/writez": {"status": "writable"},
}


@pytest.mark.parametrize("host", OTHER_HOSTS)
@pytest.mark.parametrize("path", ANSWERS)
def test_probes_answer_whatever_host_is_asked(client: Client, settings: Any, path: str, host: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(path, HTTP_HOST=host)
    assert (answer.status_code, answer.json()) == (200, ANSWERS[path])
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("path", ANSWERS)
def test_probes_take_no_other_method(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/secrets", "/accounts/login/", "/livez/", "/nothing"])
@pytest.mark.parametrize(
    ("host", "logged"),
    [
        ("10.0.0.7:8000", "10.0.0.7:8000"),
        ("evil.example", "evil.example"),
        ("not a host", "malformed"),
        ("x" * 300, "malformed"),
    ],
)
def test_a_refused_host_is_logged_with_the_setting_to_change(
    client: Client, caplog: pytest.LogCaptureFixture, path: str, host: str, logged: str
) -> None:
    answer = client.get(path, HTTP_HOST=host)
    assert answer.status_code == 400
    assert host not in answer.content.decode()
    (line,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("host.refused")]
    assert line == f"host.refused host={logged} setting=NEO_ALLOWED_HOSTS"


def test_writez_writes_and_leaves_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert [client.get("/writez").status_code for _ in range(3)] == [200] * 3
    assert len([query for query in queries.captured_queries if query["sql"].startswith("INSERT")]) == 3
    assert not CacheEntry.objects.exists()


def test_writez_says_why_nothing_can_be_written(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class ReadOnly(OperationalError):
        outage = "read_only"

    def refuse(**_: Any) -> Never:
        raise ReadOnly

    monkeypatch.setattr(CacheEntry.objects, "create", refuse)
    with caplog.at_level(logging.WARNING):
        answer = client.get("/writez")
    assert (answer.status_code, answer.json()) == (503, {"status": "not writable", "reason": "read_only"})
    assert answer["Retry-After"] == "1"
    (line,) = [record for record in caplog.records if record.getMessage() == "request.answered"]
    assert line.__dict__["reason"] == "read_only"


def test_the_log_has_the_reason_of_the_database_and_the_answer_has_not(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> Never:
        raise OperationalError from sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
    assert "unable to open" not in answer.text
    assert "database.unavailable error=OperationalError: unable to open database file" in caplog.text


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
@pytest.mark.parametrize(
    ("path", "place", "name"),
    # Django makes a new manager for each settings of models: this one is looked up when it is needed.
    [("/readyz", lambda: connection, "cursor"), ("/writez", lambda: CacheEntry.objects, "create")],
)
def test_whatever_class_an_outage_has_the_probe_answers_503(
    client: Client, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], path: str, place: Any, name: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Never:
        raise kind

    monkeypatch.setattr(place(), name, refuse)
    assert client.get(path).status_code == 503
