from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.db.models import F
from django.utils import timezone

from neo_site.signin.models import Session
from neo_site.signin.tokens import TokenPair
from tests.neo_site.signin.conftest import Ask, MakePair, Post
from tests.neo_site.signin.forging import claims_of

THREADS = 20

Refresh = Callable[[str], Any]


def wait(seconds: int) -> None:
    """Set the last rotation back by `seconds`."""
    Session.objects.update(rotated_at=F("rotated_at") - timedelta(seconds=seconds))


@pytest.fixture
def refresh(post: Post) -> Refresh:
    return lambda token: post("token/refresh", {"refresh": token})


@pytest.mark.django_db
def test_a_refresh_token_is_exchanged_for_a_new_pair_once(refresh: Refresh, ask: Ask, pair: TokenPair) -> None:
    answer = refresh(pair.refresh)

    assert answer.status_code == 200
    assert sorted(answer.json()) == ["access", "refresh"]
    assert answer["Cache-Control"] == "no-store"
    assert ask(answer.json()["access"]).status_code == 200
    assert refresh(pair.refresh).status_code == 401


@pytest.mark.django_db
def test_rotation_costs_three_queries_and_gives_no_more_time(
    refresh: Refresh, pair: TokenPair, django_assert_num_queries: Any
) -> None:
    end = Session.objects.get().expires_at

    # The session, its new state, the audit; and what begins and ends a transaction inside of the test's own.
    with django_assert_num_queries(5):
        refresh(pair.refresh)

    assert Session.objects.get().expires_at == end


@pytest.mark.django_db
def test_an_access_token_does_not_outlive_a_session_near_its_end(refresh: Refresh, pair: TokenPair) -> None:
    end = timezone.now() + timedelta(seconds=60)
    Session.objects.update(expires_at=end)

    answer = refresh(pair.refresh).json()

    assert [claims_of(answer[kind])["exp"] for kind in ("access", "refresh")] == [int(end.timestamp())] * 2


@pytest.mark.django_db
def test_refreshing_again_and_again_works(refresh: Refresh, ask: Ask, pair: TokenPair) -> None:
    token = pair.refresh
    for _ in range(5):
        token = refresh(token).json()["refresh"]

    assert ask(pair.access).status_code == 200
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_the_last_used_token_within_the_grace_ends_nothing(refresh: Refresh, ask: Ask, pair: TokenPair) -> None:
    second = refresh(pair.refresh).json()
    wait(3)

    assert refresh(pair.refresh).status_code == 401
    assert ask(second["access"]).status_code == 200
    assert refresh(second["refresh"]).status_code == 200


@pytest.mark.django_db
def test_the_last_used_token_after_the_grace_ends_the_session(
    refresh: Refresh, ask: Ask, pair: TokenPair, caplog: pytest.LogCaptureFixture
) -> None:
    second = refresh(pair.refresh).json()
    wait(6)

    assert refresh(pair.refresh).status_code == 401
    assert ask(second["access"]).status_code == 401
    assert refresh(second["refresh"]).status_code == 401
    assert "session.replayed" in caplog.text
    assert pair.refresh not in caplog.text


@pytest.mark.django_db
def test_an_older_token_ends_the_session_even_within_the_grace(refresh: Refresh, ask: Ask, pair: TokenPair) -> None:
    second = refresh(pair.refresh).json()
    third = refresh(second["refresh"]).json()

    assert refresh(pair.refresh).status_code == 401
    assert ask(third["access"]).status_code == 401
    assert refresh(third["refresh"]).status_code == 401


@pytest.mark.django_db
def test_a_replay_ends_only_its_own_session(
    refresh: Refresh, ask: Ask, member: Any, pair: TokenPair, make_pair: MakePair
) -> None:
    elsewhere = make_pair(member)
    refresh(refresh(pair.refresh).json()["refresh"])

    refresh(pair.refresh)

    assert ask(pair.access).status_code == 401
    assert ask(elsewhere.access).status_code == 200


def test_a_replay_ends_the_session_with_atomic_requests_too(
    each_request_a_transaction: None, refresh: Refresh, ask: Ask, pair: TokenPair
) -> None:
    second = refresh(pair.refresh).json()
    wait(6)

    assert refresh(pair.refresh).status_code == 401
    assert Session.objects.get().revoked_at is not None
    assert ask(second["access"]).status_code == 401


@pytest.mark.django_db
def test_signing_out_works_with_a_used_token_too(refresh: Refresh, post: Post, ask: Ask, pair: TokenPair) -> None:
    second = refresh(pair.refresh).json()

    assert post("token/revoke", {"refresh": pair.refresh}).status_code == 204
    assert ask(second["access"]).status_code == 401


@pytest.mark.django_db
def test_signing_out_ends_one_session_or_all_of_the_user(
    post: Post, ask: Ask, member: Any, stranger: Any, pair: TokenPair, make_pair: MakePair
) -> None:
    second, third, foreign = make_pair(member), make_pair(member), make_pair(stranger)

    post("token/revoke", {"refresh": pair.refresh})
    assert [ask(each.access).status_code for each in (pair, second, third)] == [401, 200, 200]

    post("sign-out-everywhere", HTTP_AUTHORIZATION=f"Bearer {second.access}")
    assert [ask(each.access).status_code for each in (second, third, foreign)] == [401, 401, 200]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["token/refresh", "token/revoke"])
@pytest.mark.parametrize("body", [{}, {"access": "x"}, {"refresh": "x", "access": "x"}])
def test_unknown_members_are_invalid_input(post: Post, path: str, body: Any) -> None:
    assert post(path, body).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["token/refresh", "token/revoke"])
@pytest.mark.parametrize("refresh_token", [None, 1, True, "", [], {}])
def test_a_refresh_token_must_be_text(post: Post, path: str, refresh_token: Any) -> None:
    assert post(path, {"refresh": refresh_token}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["token/refresh", "token/revoke"])
def test_a_malformed_token_is_unauthorized(post: Post, path: str) -> None:
    answer = post(path, {"refresh": "no token"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{"user": 1}, {"end_service_tokens": "true"}, {"end_service_tokens": None}])
def test_signing_out_everywhere_accepts_only_its_option(post: Post, pair: TokenPair, body: Any) -> None:
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {pair.access}"}

    assert post("sign-out-everywhere", body, **bearer).status_code == 400
    assert post("sign-out-everywhere", {}, **bearer).status_code == 200
    assert post("sign-out-everywhere", {}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_exactly_one_of_many_parallel_refreshes_succeeds(post: Post, pair: TokenPair) -> None:
    together = Barrier(THREADS)

    def refresh_once(_: int) -> int:
        together.wait(timeout=300)
        try:
            return int(post("token/refresh", {"refresh": pair.refresh}).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as threads:
        statuses = sorted(threads.map(refresh_once, range(THREADS)))

    assert statuses == [200] + [401] * (THREADS - 1)


@pytest.mark.django_db
def test_an_expired_session_is_not_refreshed_within_the_leeway(refresh: Refresh, pair: TokenPair) -> None:
    Session.objects.update(expires_at=timezone.now())

    assert refresh(pair.refresh).status_code == 401
