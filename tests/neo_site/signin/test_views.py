from __future__ import annotations

import logging
from typing import Any
from unittest.mock import patch

import pytest

from neo_site.hashers import Argon2Hasher
from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.cast import PASSWORD
from tests.neo_site.signin.conftest import Ask, Post
from tests.neo_site.signin.forging import claims_of, header_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def production_hasher(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["neo_site.hashers.Argon2Hasher"]


def problem_of(answer: Any) -> dict[str, Any]:
    problem = dict(answer.json())
    assert answer["Content-Type"] == "application/problem+json"
    assert problem.pop("request_id") == answer["X-Request-Id"]
    return problem


def test_the_right_password_gives_a_pair_of_tokens_that_work(member: Any, post: Post, ask: Ask) -> None:
    answer = post("token", {"username": "member", "password": PASSWORD})

    assert answer.status_code == 200
    assert sorted(answer.json()) == ["access", "refresh"]
    assert answer["Cache-Control"] == "no-store"
    assert ask(answer.json()["access"]).data == {"user": str(member.pk)}
    assert post("token/refresh", {"refresh": answer.json()["refresh"]}).status_code == 200


def test_the_address_with_a_slash_works_too(member: Any, post: Post) -> None:
    assert post("token/", {"username": "member", "password": PASSWORD}).status_code == 200


def test_a_user_name_in_another_unicode_form_is_the_same_name(member: Any, post: Post) -> None:
    assert (
        post("token", {"username": "\N{FULLWIDTH LATIN SMALL LETTER M}ember", "password": PASSWORD}).status_code == 200
    )


def test_blanks_belong_to_a_password(member: Any, post: Post) -> None:
    assert post("token", {"username": "member", "password": f" {PASSWORD} "}).status_code == 401


def test_every_failed_sign_in_has_the_same_answer(member: Any, stranger: Any, post: Post) -> None:
    type(stranger).objects.filter(pk=stranger.pk).update(is_active=False)

    unknown = post("token", {"username": "nobody", "password": PASSWORD})
    wrong = post("token", {"username": "member", "password": "wrong"})
    inactive = post("token", {"username": "stranger", "password": PASSWORD})

    assert [unknown.status_code, wrong.status_code, inactive.status_code] == [401, 401, 401]
    assert problem_of(unknown) == problem_of(wrong) == problem_of(inactive)
    assert unknown.json()["code"] == "invalid_credentials"
    assert {answer["WWW-Authenticate"] for answer in (unknown, wrong, inactive)} == {'Bearer realm="api"'}
    assert not Session.objects.exists()


@pytest.mark.parametrize(("username", "password"), [("nobody", PASSWORD), ("member", "wrong"), ("stranger", PASSWORD)])
def test_each_failure_hashes_a_password_once(
    production_hasher: None,
    member: Any,
    stranger: Any,
    post: Post,
    username: str,
    password: str,
) -> None:
    type(stranger).objects.filter(pk=stranger.pk).update(is_active=False)
    with (
        patch.object(Argon2Hasher, "encode", autospec=True, side_effect=Argon2Hasher.encode) as encode,
        patch.object(Argon2Hasher, "verify", autospec=True, side_effect=Argon2Hasher.verify) as verify,
    ):
        post("token", {"username": username, "password": password})

    assert encode.call_count + verify.call_count == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "member"},
        {"password": PASSWORD},
        {"username": "member", "password": ""},
        {"username": "m" * 255, "password": PASSWORD},
        {"username": "member", "password": "p" * 1025},
        {"username": 1, "password": PASSWORD},
        {"username": "member", "password": ["p"]},
        {"username": "member", "password": PASSWORD, "remember": True},
    ],
)
def test_malformed_credentials_are_invalid_and_not_repeated(member: Any, post: Post, body: Any) -> None:
    answer = post("token", body)

    assert answer.status_code == 400
    assert PASSWORD not in answer.text
    assert "pppp" not in answer.text


def test_the_longest_credentials_are_accepted_when_escaped(post: Post) -> None:
    answer = post("token", {"username": "\N{KEY}" * 254, "password": "\N{KEY}" * 1024})

    assert answer.status_code == 401


def test_the_claims_are_as_documented(member: Any, pair: TokenPair) -> None:
    session = Session.objects.get()
    agreed = ["aud", "exp", "iat", "iss", "jti", "sid", "sub", "token_type"]

    for token, token_type in ((pair.access, "access"), (pair.refresh, "refresh")):
        claims = claims_of(token)
        assert header_of(token) == {"alg": "HS256", "typ": "JWT"}
        assert sorted(claims) == agreed
        assert (claims["sub"], claims["sid"], claims["token_type"]) == (str(member.pk), str(session.pk), token_type)
        assert all(value not in (member.password, session.auth_hash) for value in claims.values())


def test_no_token_outlives_its_session(pair: TokenPair, settings: Any) -> None:
    session_end = int(Session.objects.get().expires_at.timestamp())
    access_seconds = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds()

    assert claims_of(pair.refresh)["exp"] == session_end
    assert claims_of(pair.access)["exp"] - claims_of(pair.access)["iat"] == pytest.approx(access_seconds, abs=1)


def test_neither_passwords_nor_tokens_are_logged_or_shown(
    member: Any, post: Post, caplog: pytest.LogCaptureFixture, pair: TokenPair
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = post("token", {"username": "member", "password": PASSWORD}).json()
    post("token", {"username": "member", "password": "wrong-canary"})
    post("token/refresh", {"refresh": pair.refresh})
    post("token/refresh", {"refresh": f"{pair.refresh}x"})

    canaries = [PASSWORD, "wrong-canary", answer["access"], answer["refresh"], pair.refresh]
    assert not [canary for canary in canaries if canary in caplog.text]
    assert repr(pair) == "TokenPair()"
