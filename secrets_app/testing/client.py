"""The API as one user of the site sees it, wherever the site serves it and however people sign in there."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.test import APIClient

from neo_base.rest.urls import address


class Client:
    """Requests as `user`; None is nobody. How he would sign in is the site's own matter and not what is tested."""

    def __init__(self, user: Any) -> None:
        self._client = APIClient(raise_request_exception=False)
        if user is not None:
            self._client.force_authenticate(user)

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer; `path` is below `/secrets`. The answer is without what differs at each request."""
        base = address("secrets", "secrets_app")
        assert base, "The site serves no API of secrets: include secrets_app.api.urls in its URLs."
        raw = "" if body is None else json.dumps(body)
        answer: Any = self._client.generic(
            method, f"{base}{path}", raw, "application/json", secure=True, HTTP_ACCEPT="application/json"
        )
        content = json.loads(answer.content) if answer.content else {}
        content.pop("request_id", None)
        return answer.status_code, content

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.request(method, path, body)[0]
