"""Thousands of mutants of valid tokens: none is accepted anywhere, and none breaks the server."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.request import Request

from neo_site.signin import actions
from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.errors import InvalidToken
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.neo_site.signin.conftest import Ask, Post
from tests.neo_site.signin.mutants import MUTATIONS, mutants

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SEED = 20_260_101
OF_EACH = 2_500
OVER_HTTP = 220


@pytest.fixture(autouse=True)
def _nothing_has_happened(pair: TokenPair, ask: Ask, post: Post) -> Any:
    """Assert that the session is unchanged and its tokens still work."""
    before = Session.objects.values().get()
    yield
    assert Session.objects.values().get() == before
    assert ask(pair.access).status_code == 200
    assert post("token/refresh", {"refresh": pair.refresh}).status_code == 200


def authenticate(token: str) -> str:
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")
    try:
        return f"accepted {SessionTokenAuthentication().authenticate(Request(request))}"
    except InvalidToken:
        return "refused"


def refresh(token: str) -> str:
    try:
        return f"accepted {actions.rotate(refresh_token=token)}"
    except InvalidToken:
        return "refused"


def test_no_mutant_of_an_access_token_is_accepted(pair: TokenPair) -> None:
    outcomes = {(name, authenticate(token)) for name, token in mutants(SEED, pair.access, OF_EACH)}

    assert outcomes == {(mutation.__name__, "refused") for mutation in MUTATIONS}


def test_no_mutant_of_a_refresh_token_is_accepted(pair: TokenPair) -> None:
    outcomes = {(name, refresh(token)) for name, token in mutants(SEED, pair.refresh, OF_EACH)}

    assert outcomes == {(mutation.__name__, "refused") for mutation in MUTATIONS}


def test_mutants_are_answered_as_invalid_over_http(pair: TokenPair, post: Post) -> None:
    client, answers = Client(raise_request_exception=False), Counter[int]()
    for _, token in mutants(SEED + 1, pair.access, OVER_HTTP):
        answers[client.get("/api/v1/secrets", HTTP_AUTHORIZATION=f"Bearer {token}").status_code] += 1
    assert answers == {401: OVER_HTTP}

    for _, token in mutants(SEED + 2, pair.refresh, OVER_HTTP):
        answers[post("token/refresh", {"refresh": token}).status_code] += 1
    # Text that JSON or a database cannot hold is invalid input, before it is a token.
    assert set(answers) == {400, 401}
    assert answers.total() == 2 * OVER_HTTP


def test_the_mutants_are_many_and_reproducible(pair: TokenPair) -> None:
    made = [token for _, token in mutants(SEED, pair.access, OF_EACH)]

    assert made == [token for _, token in mutants(SEED, pair.access, OF_EACH)]
    assert len(set(made)) > OF_EACH // 2
    assert pair.access not in made
