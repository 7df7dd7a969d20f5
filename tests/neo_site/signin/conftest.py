from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from neo_base.rest.views import BaseView
from neo_site.signin import actions
from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.openapi import assert_documented

Post = Callable[..., Any]
Ask = Callable[..., Any]
MakePair = Callable[[Any], TokenPair]


class Probe(BaseView):
    """Any view that takes a session's access token."""

    authentication_classes = [SessionTokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user.pk)})


@pytest.fixture
def make_pair() -> MakePair:
    """The tokens of a new session of a user."""
    return lambda user: actions.sign_in(user=user)


@pytest.fixture
def pair(member: Any, make_pair: MakePair) -> TokenPair:
    """The tokens of a session of `member`."""
    return make_pair(member)


@pytest.fixture
def sessions(member: Any, make_pair: MakePair) -> None:
    """Five expired sessions, and a live one."""
    for _ in range(5):
        make_pair(member)
    Session.objects.update(expires_at=timezone.now() - timedelta(days=1))
    make_pair(member)


@pytest.fixture
def post() -> Post:
    """`post("token", {…})`: JSON to an endpoint of sign-in. Each answer is held against the OpenAPI document."""

    def send(path: str, body: Any = None, **extra: Any) -> Any:
        client, address = Client(raise_request_exception=False), f"/api/v1/auth/{path}"
        answer = client.post(address, body, content_type="application/json", **extra)
        content_type = answer.headers.get("Content-Type", "")
        documented = address.split("?")[0].rstrip("/")
        assert_documented("POST", documented, answer.status_code, content_type, answer.content)
        return answer

    return send


@pytest.fixture
def ask() -> Ask:
    """`ask(access)`: the answer of a view that takes access tokens; `ask(header=…)` for any Authorization header."""

    def send(access: str = "", *, header: str | None = None) -> Any:
        value = f"Bearer {access}" if header is None else header
        return Probe.as_view()(RequestFactory().get("/probe", HTTP_AUTHORIZATION=value))

    return send


@pytest.fixture
def each_request_a_transaction(transactional_db: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        yield
