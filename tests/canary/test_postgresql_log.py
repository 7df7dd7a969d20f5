"""No value, token or password in the log of a PostgreSQL that writes down every statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from projects.models import Project
from tests.canary.canary import ENCODINGS, Canary, found_in
from tests.canary.usage import SECRETS, use
from tests.cast import Api, ApiClient, make_user

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no such log"),
    pytest.mark.django_db,
]

Statements = Callable[[], bytes]


@pytest.fixture
def statements(db: None) -> Iterator[Statements]:
    """`statements()`: what the server has logged so far, with log_statement=all and every error."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        file = Path(cursor.fetchone()[0]) / "log"
        began = file.stat().st_size
        cursor.execute("SET log_statement = 'all'")
        cursor.execute("SET log_error_verbosity = 'verbose'")
        cursor.execute("SET log_min_duration_statement = 0")
        yield lambda: file.read_bytes()[began:]
        for name in ("log_statement", "log_error_verbosity", "log_min_duration_statement"):
            cursor.execute(f"RESET {name}")


def test_a_day_of_use_logs_no_value(
    api: Api, member: Any, project: Project, canary: Canary, statements: Statements
) -> None:
    use(api(member), project, canary)
    # Names are in the clear, so that the right log is read, and all of it: a statement of each kind.
    logged = statements()
    assert {word for word in (b"PERSONAL", b"environment.exposed", b'UPDATE "secrets_app_secret"') if word in logged}
    assert canary.found_in(logged) == []


def test_signing_in_logs_neither_password_nor_token(canary: Canary, statements: Statements) -> None:
    user = make_user("somebody", is_staff=True)
    user.set_password(canary.value)
    user.save()
    credentials = {"username": "somebody", "password": canary.value}
    pair = ApiClient().post("/api/v1/auth/token", credentials).json()
    assert {"access", "refresh"} <= set(pair)
    refused = ApiClient().post("/api/v1/auth/token", credentials | {"password": f"{canary.value}x"})
    renewed = ApiClient().post("/api/v1/auth/token/refresh", {"refresh": pair["refresh"]})
    page = ApiClient()._client.post(reverse("admin:login"), credentials)
    assert (refused.status_code, renewed.status_code, page.status_code) == (401, 200, 302)
    tokens = [pair["access"], pair["refresh"], *renewed.json().values()]
    logged = statements()
    assert str(user.username).encode() in logged
    assert canary.found_in(logged) == []
    assert found_in([token for token in tokens if isinstance(token, str)], logged) == []


def test_tokens_of_machines_and_tasks_are_not_logged(
    api: Api, member: Any, canary: Canary, statements: Statements
) -> None:
    client = api(member)
    client.post(SECRETS, {"name": "TOKEN", "value": canary.value})
    machine = client.post("/api/v1/tokens", {"name": "ci", "scopes": ["secrets:read"]}).json()["token"]
    task = client.post("/api/v1/task-grants", {"secrets": ["TOKEN"]}).json()["token"]
    assert ApiClient(bearer=machine).get(SECRETS).status_code == 200
    assert ApiClient(bearer=task).post("/api/v1/runtime/environment").status_code == 200
    logged = statements()
    assert b"service" in logged
    assert found_in([machine, task], logged) == []
    assert canary.found_in(logged) == []


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if not name.startswith("utf-16")])
def test_a_planted_leak_would_be_found(encoding: str, canary: Canary, statements: Statements) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT '{}'".format(ENCODINGS[encoding](canary.value).decode().replace("'", "''")))
    assert canary.found_in(statements())


def test_a_planted_parameter_and_a_planted_error_would_be_found(canary: Canary, statements: Statements) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text", [canary.value])
    assert canary.found_in(statements())
    other = Canary()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [other.value])
    assert other.found_in(statements())


def test_a_planted_token_would_be_found(statements: Statements) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'neo_sk_planted'")
    assert found_in(["neo_sk_planted"], statements())
