"""Requests that are nearly right get what they deserve: no 5xx, a problem that shows no value, nothing wrong accepted.

`make test-faults` sends twenty thousand, and `make test` a sample.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract import PROBLEM_FIELDS
from tests.live.faults import WHOLE, Figure
from tests.live.mutations import Mutator, Request
from tests.live.site import NO_TLS, Site
from tests.openapi import operation_of, request_validator

# The conventions of HTTP are the same on both, and PostgreSQL is the stricter one.
pytestmark = pytest.mark.once

CASES = 22_000 if WHOLE else 400
CLIENTS = 4
SEED = 1509
VALUE = "kanarienvogel-0123456789-abcdefghij"
LONGEST_ANSWER_SECONDS = 5.0 if WHOLE else 30.0
QUERIES = {
    "/api/v1/secrets": ["limit", "offset", "ordering", "project_id", "search"],
    "/api/v1/projects": ["limit", "offset", "ordering", "search"],
    "/api/v1/audit": ["actor", "cursor", "event", "limit", "project_id", "secret_id", "since", "until"],
    "/api/v1/remembered-secrets": ["limit", "offset", "project_id", "thread_id"],
    "/api/v1/task-grants": ["limit", "offset", "cursor"],
    "/api/v1/tokens": ["limit", "offset"],
}


@pytest.fixture(scope="module", autouse=True)
def _user(site: Site) -> None:
    site.add_users("fuzzer")


class Finding(AssertionError):
    """A request that got what it should not."""


def good_requests(client: httpx.Client) -> list[tuple[str, str, dict[str, Any], dict[str, str]]]:
    """Method, path, body and headers of requests that would succeed, but for names that are taken."""
    project = client.post("/api/v1/projects", json={"name": "Fuzzed"}).json()["project"]["id"]
    secret = client.post("/api/v1/secrets", json={"name": f"F{uuid4().hex.upper()}", "value": VALUE}).json()["id"]
    task = client.post("/api/v1/task-grants", json={"scopes": ["secrets:create"], "ttl": 3600}).json()["token"]
    of_task = {"Authorization": f"Bearer {task}"}
    new = {"name": "FUZZED", "value": VALUE, "default_available": False, "project_id": project}
    several = {"secrets": [new, {**new, "name": "FUZZED_2"}]}
    end = "2099-01-31T00:00:00Z"
    return [
        ("POST", "/api/v1/secrets", {**new, "created_by_agent": False}, {}),
        ("POST", "/api/v1/secrets/batch", several, {}),
        ("POST", "/api/v1/secrets/import", several, {}),
        ("PATCH", f"/api/v1/secrets/{secret}", {"value": VALUE, "description": "text", "expires_at": end}, {}),
        ("POST", "/api/v1/projects", {"name": "Fuzzed", "settings_md": "# Text", "tags": ["one"]}, {}),
        ("PATCH", f"/api/v1/projects/{project}", {"name": "Fuzzed", "tags": ["one", "two"]}, {}),
        ("POST", f"/api/v1/projects/{project}/members", {"username": "viewer", "role": "viewer"}, {}),
        ("POST", f"/api/v1/projects/{project}/invitations", {"email": "g@example.com", "role": "viewer"}, {}),
        ("POST", f"/api/v1/projects/{project}/transfer", {"user_id": 1}, {}),
        ("POST", "/api/v1/tokens", {"name": "T", "scopes": ["secrets:read"], "expires_at": end}, {}),
        ("POST", "/api/v1/task-grants", {"secrets": ["FUZZED"], "ttl": 60, "max_uses": 1, "task_id": "t"}, {}),
        ("POST", "/api/v1/runtime/secrets", {"name": "FUZZED", "value": VALUE}, of_task),
        ("POST", "/api/v1/auth/token/refresh", {"refresh": "a.b.c"}, {}),
        ("POST", "/api/v1/invitations/accept", {"token": "nonsense"}, {}),
    ]


def cases(client: httpx.Client, number: int, count: int) -> Iterator[Request]:
    chance = random.Random(SEED + number)
    mutator, good = Mutator(chance), good_requests(client)
    for _ in range(count):
        if chance.random() < 0.2:
            path = chance.choice(list(QUERIES))
            query = str(httpx.QueryParams(mutator.query(QUERIES[path])))
            yield Request("GET", f"{path}?{query}", None, {})
        else:
            method, path, body, headers = chance.choice(good)
            asked = mutator.request(method, path, body)
            yield Request(asked.method, asked.path, asked.body, {**headers, **asked.headers})


def is_right(asked: Request) -> bool:
    """Return whether the body is what the OpenAPI document promises to take."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    operation = operation_of(asked.method, asked.path.partition("?")[0])
    if operation is None or not asked.body:
        return operation is not None and not operation.get("requestBody", {}).get("required", False)
    try:
        body = json.loads(asked.body.decode(), object_pairs_hook=once, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError, RecursionError):
        return False
    return bool(request_validator(operation["operationId"]).is_valid(body))


def judge(asked: Request, answer: httpx.Response, seconds: float) -> str:
    """Return the kind of the answer. Raises Finding."""
    if answer.status_code >= 500:
        raise Finding(f"{answer.status_code} for {asked}: {answer.text}")
    if VALUE in answer.text:
        raise Finding(f"The value is in the answer to {asked}")
    if seconds > LONGEST_ANSWER_SECONDS:
        raise Finding(f"{seconds:.1f} s for {asked}")
    if answer.is_success:
        if not is_right(asked):
            raise Finding(f"{answer.status_code} for what is not allowed: {asked}")
        return "accepted"
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    if not is_problem or answer.json().keys() - {"errors"} != PROBLEM_FIELDS:
        raise Finding(f"{answer.status_code} without a problem for {asked}: {answer.text}")
    return "refused"


def send_all(site: Site, count: int, number: int) -> Counter[str]:
    found: Counter[str] = Counter()
    with httpx.Client(base_url=site.url, headers=site.headers("fuzzer"), timeout=60, verify=NO_TLS) as client:
        for asked in cases(client, number, count):
            before = time.monotonic()
            headers = {name.encode(): value.encode("latin-1") for name, value in asked.headers.items()}
            answer = client.request(asked.method, asked.path, content=asked.body, headers=headers)
            found[judge(asked, answer, time.monotonic() - before)] += 1
            found["5xx"] += answer.status_code >= 500
    return found


def test_nearly_right_requests_get_what_they_deserve(site: Site, figure: Figure) -> None:
    site.headers("fuzzer")
    with ThreadPoolExecutor(CLIENTS) as pool:
        found = sum(pool.map(partial(send_all, site, CASES // CLIENTS), range(CLIENTS)), Counter[str]())
    figure(
        "fuzzing",
        f"{found['accepted'] + found['refused']} cases, {found['accepted']} rightly accepted, {found['refused']} "
        "refused; 5xx 0, wrongly accepted 0, without a problem document 0, with the value in the answer 0",
    )
    assert found["accepted"] + found["refused"] == CASES // CLIENTS * CLIENTS
    assert min(found["accepted"], found["refused"]) > 0
    assert "request.failed" not in site.output.read_text()
    assert VALUE not in site.output.read_text()
