"""What the contract says of every answer, and how the tests look at what was stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from secrets_app.models import Secret
from secrets_app.vault import open_value
from tests.cast import CANARY

SECRETS = "/api/v1/secrets"
BATCH = "/api/v1/secrets/batch"
IMPORT = "/api/v1/secrets/import"
PROJECTS = "/api/v1/projects"
BULLETS = "\u2022" * 8
MEBIBYTE = 2**20

SECRET_FIELDS = {
    "id",
    "name",
    "masked_value",
    "default_available",
    "created_by_agent",
    "project_id",
    "created_at",
    "updated_at",
}
DETAIL_FIELDS = SECRET_FIELDS | {"description", "version", "expires_at", "last_used_at", "is_readable"}
DETAIL_FIELDS |= {"is_maskable", "is_exempt_from_redaction", "is_quarantined", "quarantine_reason", "task_id"}
LIST_FIELDS = {"count", "next", "previous", "results"}
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of `answer`, once it has the one form that every error has and shows no value."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.keys() - {"errors"} == PROBLEM_FIELDS
    assert ("errors" in problem) == (code == "invalid")
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert CANARY not in answer.content.decode()
    return problem


def invalid_fields(answer: Any) -> set[str]:
    """The fields that a 400 complains of."""
    return set(assert_problem(answer, 400, "invalid")["errors"])


def body_but_for_request_id(answer: Any) -> tuple[int, bytes]:
    """Status and bytes of a problem, without what differs between any two requests."""
    request_id = answer.headers["X-Request-Id"].encode()
    assert request_id in answer.content
    return answer.status_code, answer.content.replace(request_id, b"")


def stored_value(secret_id: str | UUID) -> str:
    """The value of a secret, opened the way a task would have it opened."""
    return open_value(Secret.objects.get(pk=secret_id)).reveal()
