"""Pages that cannot be served at the moment: 503 with a plain page, and the reason in the log and the metrics."""

from __future__ import annotations

import logging
from typing import Any, Never

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.middleware.common import CommonMiddleware
from django.test import Client
from redis.exceptions import ConnectionError as NoRedis

from neo_base.rest.errors import Unavailable
from neo_base.rest.outages import REASONS
from neo_site.metrics.instruments import UNAVAILABLE
from secrets_app.errors import AuditUnavailable, KeyUnavailable
from tests.cast import CANARY, PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LIST = "/admin/secrets_app/secret/"


@pytest.fixture
def visitor(client: Client, superuser: Any, settings: Any) -> Client:
    """An operator's browser at a site with metrics."""
    settings.NEO_METRICS_TOKEN = "metrics-token-of-the-tests-0123456789"
    settings.MIDDLEWARE = ["neo_site.metrics.requests.RequestMetrics", *settings.MIDDLEWARE]
    client.raise_request_exception = False
    client.force_login(superuser)
    return client


def failing_with(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Never:
        raise error

    return fail


def refused_for(error: Exception) -> Exception:
    """As Django wraps an error of the driver."""
    wrapped = OperationalError(CANARY)
    wrapped.__cause__ = error
    return wrapped


def of(reason: str) -> Exception:
    return Unavailable(reason=reason)


ERRORS = [
    *((of(reason), reason) for reason in REASONS),
    (refused_for(psycopg.OperationalError(CANARY)), "database_down"),
    (refused_for(psycopg.errors.DiskFull(CANARY)), "disk_full"),
    (NoRedis(CANARY), "cache"),
    (KeyUnavailable(), "key_provider"),
    (AuditUnavailable(), "key_provider"),
]


@pytest.mark.parametrize(("error", "reason"), ERRORS, ids=lambda each: getattr(each, "outage", None) or str(each))
def test_a_page_that_fails_for_an_outage_is_503(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    monkeypatch.setattr("secrets_app.admin.secret.SecretAdmin.get_queryset", failing_with(error))
    before = UNAVAILABLE.labels(reason)._value.get()
    with caplog.at_level(logging.WARNING):
        answer = visitor.get(LIST)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer["Content-Type"].startswith("text/html")
    assert answer["Cache-Control"] == "no-store"
    # In words, and in the look of the site where that can be had.
    assert "<h1>Not available" in answer.text
    (line,) = [record for record in caplog.records if record.getMessage() == "request.answered"]
    assert line.__dict__["reason"] == reason
    assert UNAVAILABLE.labels(reason)._value.get() == before + 1
    assert CANARY not in answer.text + caplog.text


def test_a_middleware_that_fails_for_an_outage_is_answered_likewise(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = failing_with(refused_for(psycopg.OperationalError(CANARY)))
    monkeypatch.setattr(CommonMiddleware, "process_request", failing)
    page, document = visitor.get(LIST, headers={"Accept-Language": "de"}), visitor.get("/api/v1/secrets")
    assert (page.status_code, document.status_code) == (503, 503)
    assert '<html lang="de">' in page.text
    assert document.json()["code"] == "unavailable"
    assert document["Retry-After"] == "1"


@pytest.mark.parametrize("path", [LIST, "/", "/secrets/", "/nowhere"])
def test_a_session_that_cannot_be_read_is_503(visitor: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    failing = failing_with(refused_for(psycopg.OperationalError(CANARY)))
    monkeypatch.setattr(SessionStore, "load", failing)
    assert visitor.get(path).status_code == 503


def test_a_session_that_cannot_be_written_is_503(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = failing_with(refused_for(psycopg.OperationalError(CANARY)))
    monkeypatch.setattr("django.contrib.sessions.models.Session.save", failing)
    answer = visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 503


def test_a_fault_of_the_code_stays_500(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets_app.admin.secret.SecretAdmin.get_queryset", failing_with(ValueError(CANARY)))
    answer = visitor.get(LIST)
    assert answer.status_code == 500
    assert CANARY not in answer.text
