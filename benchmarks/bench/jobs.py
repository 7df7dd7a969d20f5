"""The measured jobs: what is sent to the site and, byte for byte the same, to its floor; and to OpenBao."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.bench.load import Request
from benchmarks.bench.stage import PASSWORD, SECRETS, VALUE, Project, Stage

API = "/api/v1"


@dataclass(frozen=True)
class Job:
    """A job: its requests, and where a floor does it, too, the least ratio to that floor at 16 connections."""

    name: str
    requests: Callable[[Stage], list[Request]]
    least: float | None = None


def _sent(method: str, path: str, token: str, body: Any = None, *, unique: bool = False) -> Request:
    headers = {"Authorization": f"Bearer {token}"}
    if body is None:
        return Request(method, API + path, headers)
    return Request(method, API + path, headers | {"Content-Type": "application/json"}, json.dumps(body), unique)


def _secret(name: str, project: Project | None = None) -> dict[str, Any]:
    return {"name": name, "value": VALUE} | ({"project_id": project.id} if project else {})


def _creates(stage: Stage) -> list[Request]:
    return [_sent("POST", "/secrets", each.access_token, _secret("@N@", each), unique=True) for each in stage.written]


def _batches(stage: Stage) -> list[Request]:
    def batch(project: Project) -> Mapping[str, Any]:
        return {"secrets": [_secret(f"@N@X{number}", project) for number in range(SECRETS)]}

    return [_sent("POST", "/secrets/batch", each.access_token, batch(each), unique=True) for each in stage.written]


def _gets(stage: Stage) -> list[Request]:
    return [
        _sent("GET", f"/secrets/{secret_id}", each.access_token)
        for each in stage.read
        for secret_id in each.secret_ids[:10]
    ]


def _lists(stage: Stage) -> list[Request]:
    return [_sent("GET", f"/secrets?project_id={each.id}&limit=50", each.access_token) for each in stage.read]


def _grants(stage: Stage) -> list[Request]:
    def grant(project: Project) -> Mapping[str, Any]:
        # They end at once, or their number would meet the limit of a user's open grants.
        return {"project_id": project.id, "secrets": project.secret_names, "include_default": False, "ttl": 1}

    return [_sent("POST", "/task-grants", each.access_token, grant(each)) for each in stage.read]


def _environments(stage: Stage) -> list[Request]:
    return [_sent("POST", "/runtime/environment", each.task_token) for each in stage.read]


def _audit_pages(stage: Stage) -> list[Request]:
    return [_sent("GET", f"/audit?project_id={each.id}&limit=100", each.access_token) for each in stage.written]


def _sign_ins(stage: Stage) -> list[Request]:
    body = [{"username": name, "password": PASSWORD} for name in stage.users]
    headers = {"Content-Type": "application/json"}
    return [Request("POST", f"{API}/auth/token", headers, json.dumps(each)) for each in body]


# Reads first: the others add rows.
JOBS = (
    Job("get", _gets, least=0.55),
    Job("list of 50", _lists, least=0.45),
    Job("environment of 50", _environments, least=0.60),
    Job("task grant of 50", _grants, least=0.50),
    Job("create", _creates, least=0.65),
    Job("batch of 50", _batches, least=0.65),
    Job("audit page of 100", _audit_pages),
    Job("sign-in", _sign_ins),
)
