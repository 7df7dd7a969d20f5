"""Whether the floor answers as the site does: one that refuses, or leaves things out, would be fast for nothing."""

from __future__ import annotations

import time
from typing import Any

import httpx

from benchmarks.bench.load import Request, Target


def require_same_answers(job: str, request: Request, site: Target, floor: Target) -> None:
    """Raise SystemExit unless both give an answer of the same status and with the same members."""
    ours, theirs = (_answer(target, request) for target in (site, floor))
    if ours != theirs:
        raise SystemExit(f"{job}: the site and its floor answer differently.\nsite:  {ours}\nfloor: {theirs}")


def send(client: httpx.Client, request: Request) -> httpx.Response:
    """Send a request once. Raises SystemExit unless it succeeds."""
    path, body = (text.replace("@N@", f"ONCE{time.monotonic_ns()}") for text in (request.path, request.body))
    answer = client.request(request.method, path, content=body or None, headers=dict(request.headers))
    if not answer.is_success:
        raise SystemExit(f"{request.method} {request.path} got {answer.status_code}: {answer.text}")
    return answer


def _answer(target: Target, request: Request) -> tuple[int, Any]:
    with httpx.Client(base_url=f"http://127.0.0.1:{target.port}") as client:
        answer = send(client, request)
    return answer.status_code, _members(answer.json())


def _members(value: Any) -> Any:
    """Return the names in a JSON value, at all depths; of a list, those of its first item, and its length."""
    if isinstance(value, dict):
        return {name: _members(each) for name, each in sorted(value.items()) if name != "data"}
    if isinstance(value, list):
        return len(value), _members(value[0]) if value else None
    return None
