"""The secrets API as one user of the site sees it, under any prefix and with any way to sign in."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.test import APIClient

from neo_base.rest.urls import address


class Client:
    """A client that sends requests as `user`, or signed out for None. It skips sign-in, which is not under test."""

    def __init__(self, user: Any) -> None:
        self._client = APIClient(raise_request_exception=False)
        if user is not None:
            self._client.force_authenticate(user)

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return the status and the parsed answer without its `request_id`, which always differs.

        `path` is relative to `/secrets`.
        """
        base = address("secrets", "secrets_app")
        assert base, "The site does not serve the secrets API. Include secrets_app.api.urls in its URLs."
        raw = "" if body is None else json.dumps(body)
        answer: Any = self._client.generic(
            method, f"{base}{path}", raw, "application/json", secure=True, HTTP_ACCEPT="application/json"
        )
        content = json.loads(answer.content) if answer.content else {}
        content.pop("request_id", None)
        return answer.status_code, content

    def status(self, method: str, path: str, body: Any = None) -> int:
        """Send a request; return its status."""
        return self.request(method, path, body)[0]
