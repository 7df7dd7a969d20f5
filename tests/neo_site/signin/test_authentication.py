from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.request import Request

from neo_site.signin.authentication import SessionTokenAuthentication
from neo_site.signin.models import Session
from neo_site.signin.tokens import AccessToken, TokenPair
from tests.neo_site.signin.conftest import Ask, Post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_may_have_any_letter_case(ask: Ask, pair: TokenPair, scheme: str) -> None:
    assert ask(header=f"{scheme} {pair.access}").status_code == 200


def test_several_spaces_after_the_scheme_count_as_one(ask: Ask, pair: TokenPair) -> None:
    assert ask(header=f"Bearer   {pair.access}").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        "Bearer",
        "Bearer ",
        "Bearer {0},Bearer {0}",
        "Bearer {0}, Bearer {0}",
        "Bearer,Bearer {0}",
        "Bearer,{0}",
        "Bearer ,{0}",
        "Bearer\t{0}",
        "Bearer \t{0}",
        "Bearer {0} {0}",
        "Bearer {0} ",
        "Bearer {0}\n",
        "Bearer {0},",
        "Bearer {0}=",
        "Bearer \u00e9{0}",
        "Bearer \uff42{0}",
        "Bearer token={0}",
        'Bearer "{0}"',
    ],
)
def test_a_bearer_header_holds_exactly_one_token(ask: Ask, pair: TokenPair, form: str) -> None:
    answer = ask(header=form.format(pair.access))

    assert (answer.status_code, answer.data["code"]) == (401, "invalid_token")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["", "Basic bWVtYmVyOnB3", "Token {0}", "{0}", "Bearer{0}"])
def test_no_header_or_another_scheme_is_not_authenticated(ask: Ask, pair: TokenPair, header: str) -> None:
    answer = ask(header=header.format(pair.access))

    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "No credentials were sent. Send a token in the header `Authorization: Bearer TOKEN`."),
        *(
            ({name: "Token x"}, "The credentials were sent in a way that is not read here.")
            for name in ("Authorization", "X-Vault-Token", "X-Api-Key", "Private-Token")
        ),
    ],
)
def test_credentials_in_the_wrong_place_are_told_the_right_one(
    client: Client, db: None, headers: dict[str, str], sentence: str
) -> None:
    detail = client.get("/api/v1/secrets", headers=headers).json()["detail"]
    assert detail.startswith(sentence)
    assert "`Authorization: Bearer TOKEN`" in detail


def test_tokens_in_the_query_or_in_a_cookie_are_ignored(post: Post, pair: TokenPair) -> None:
    in_query = post(f"sign-out-everywhere?access={pair.access}")
    in_cookie = post("sign-out-everywhere", HTTP_COOKIE=f"access={pair.access}; Authorization=Bearer {pair.access}")

    assert (in_query.status_code, in_cookie.status_code) == (401, 401)


def test_a_request_costs_one_query_and_carries_its_token(
    member: Any, pair: TokenPair, django_assert_num_queries: Any
) -> None:
    http_request = RequestFactory().get("/probe", HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    request = Request(http_request, authenticators=[SessionTokenAuthentication()])

    with django_assert_num_queries(1):
        user, token = request.user, request.auth
        assert (user, user.is_active) == (member, True)

    assert isinstance(token, AccessToken)
    assert pair.access not in repr(token)


def test_a_bad_token_costs_no_query(ask: Ask, pair: TokenPair, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert ask(f"{pair.access[:-4]}AAAA").status_code == 401
        assert ask(pair.refresh).status_code == 401


def deactivate(user: Any, post: Post, pair: TokenPair) -> None:
    type(user).objects.filter(pk=user.pk).update(is_active=False)


def delete(user: Any, post: Post, pair: TokenPair) -> None:
    user.delete()


def change_password(user: Any, post: Post, pair: TokenPair) -> None:
    user.set_password("another long password")
    user.save()


def sign_out(user: Any, post: Post, pair: TokenPair) -> None:
    assert post("token/revoke", {"refresh": pair.refresh}).status_code == 204


def sign_out_everywhere(user: Any, post: Post, pair: TokenPair) -> None:
    assert post("sign-out-everywhere", HTTP_AUTHORIZATION=f"Bearer {pair.access}").status_code == 200


def expire(user: Any, post: Post, pair: TokenPair) -> None:
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def remove_session(user: Any, post: Post, pair: TokenPair) -> None:
    Session.objects.all().delete()


@pytest.mark.parametrize(
    "end", [deactivate, delete, change_password, sign_out, sign_out_everywhere, expire, remove_session]
)
def test_both_tokens_are_refused_right_after_a_session_ends(
    member: Any, post: Post, ask: Ask, pair: TokenPair, end: Callable[..., None]
) -> None:
    assert ask(pair.access).status_code == 200

    end(member, post, pair)

    access, refresh = ask(pair.access), post("token/refresh", {"refresh": pair.refresh})
    assert (access.status_code, access.data["code"]) == (401, "invalid_token")
    assert (refresh.status_code, refresh.json()["code"]) == (401, "invalid_token")
    assert post("token/revoke", {"refresh": pair.refresh}).status_code == 401
