"""Limits on requests, by service token, user and client address."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from neo_base.access.actors import Actor
from neo_site import deadlines
from neo_site.deadlines import Deadline
from neo_site.signin.actions import sign_in
from neo_site.throttling.throttles import warn_of_shared_address
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken, TaskGrant
from tests.cast import Api
from tests.limits import Clock, set_limits, use_absent_redis

LIST = "/api/v1/secrets"
ENVIRONMENT = "/api/v1/runtime/environment"
LIMIT = 3

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def statuses(client: Any, times: int, path: str = LIST, **headers: str) -> list[int]:
    return [client.get(path, **headers).status_code for _ in range(times)]


def test_a_user_over_the_limit_gets_retry_after(settings: Any, clock: Clock, api: Api, member: Any) -> None:
    set_limits(settings, user=f"{LIMIT}/min")
    client = api(member)

    assert statuses(client, LIMIT) == [200] * LIMIT
    refused = client.get(LIST)

    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60
    clock.forward(int(refused["Retry-After"]))
    assert client.get(LIST).status_code == 200


def test_all_sessions_and_addresses_of_a_user_share_a_limit(settings: Any, api: Api, member: Any, viewer: Any) -> None:
    set_limits(settings, user=f"{LIMIT}/day")

    assert statuses(api(member), LIMIT) == [200] * LIMIT
    assert statuses(api(member), 1) == [429]
    assert statuses(api(viewer), 1) == [200]


def test_a_service_token_is_counted_apart_from_its_owner(settings: Any, api: Api, member: Any) -> None:
    set_limits(settings, token=f"{LIMIT}/day", user="1/day")
    one, other = api_key(member), api_key(member)
    # Not by how it is shown, which others may share.
    ServiceToken.objects.update(prefix="neo_sk_same")

    assert statuses(api(None), LIMIT + 1, X_Api_Key=one) == [200] * LIMIT + [429]
    assert statuses(api(None), 1, X_Api_Key=other) == [200]
    assert statuses(api(member), 2) == [200, 429]


def test_a_task_is_counted_apart_from_its_grantor(settings: Any, api: Api, member: Any) -> None:
    set_limits(settings, token=f"{LIMIT}/day", user="1/day")
    one, other = (create_grant(actor=Actor.from_user(member), grant_request=GrantRequest()).text for _ in range(2))
    TaskGrant.objects.update(prefix="neo_task_same")
    wanted = {
        text: [api(None).post(ENVIRONMENT, Authorization=f"Bearer {text}").status_code for _ in range(times)]
        for text, times in ((one, LIMIT + 1), (other, 1))
    }

    assert wanted == {one: [200] * LIMIT + [429], other: [200]}
    assert statuses(api(member), 2) == [200, 429]


def api_key(owner: Any) -> str:
    return create_token(actor=Actor.from_user(owner), name="CI", scopes=["secrets:read"]).text


def test_anonymous_requests_are_counted_by_address(settings: Any, api: Api, member: Any) -> None:
    set_limits(settings, address=f"{LIMIT}/day")

    assert statuses(api(None), LIMIT + 1) == [401] * LIMIT + [429]
    assert statuses(api(member), 1) == [200]


def test_invalid_credentials_are_counted_by_address(settings: Any, api: Api) -> None:
    set_limits(settings, address=f"{LIMIT}/day")

    assert statuses(api(None), LIMIT + 1, Authorization="Bearer x.y.z") == [401] * LIMIT + [429]


def test_a_forged_header_does_not_change_the_address(settings: Any, api: Api) -> None:
    set_limits(settings, address=f"{LIMIT}/day")
    answers = [api(None).get(LIST, X_Forwarded_For=f"192.0.2.{number}").status_code for number in range(LIMIT + 1)]

    assert answers == [401] * LIMIT + [429]


def test_behind_a_trusted_proxy_each_client_is_counted(settings: Any, api: Api) -> None:
    settings.NEO_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    set_limits(settings, address="1/day")

    assert statuses(api(None), 2, X_Forwarded_For="6.6.6.6, 192.0.2.1") == [401, 429]
    assert statuses(api(None), 1, X_Forwarded_For="7.7.7.7, 192.0.2.1") == [429]
    assert statuses(api(None), 1, X_Forwarded_For="192.0.2.2") == [401]


@pytest.mark.parametrize("path", ["token", "token/refresh", "token/revoke"])
def test_the_endpoints_of_sign_in_are_limited_by_address(settings: Any, api: Api, path: str) -> None:
    set_limits(settings, address=f"{LIMIT}/day")
    body = {"username": "nobody", "password": "wrong"} if path == "token" else {"refresh": "x.y.z"}
    answers = [api(None).post(f"/api/v1/auth/{path}", body).status_code for _ in range(LIMIT + 1)]

    assert answers == [401] * LIMIT + [429]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"username": 1}', b'{"username": {"a": []}}', b"\xff", b'{"a"'])
def test_a_request_with_any_body_counts(settings: Any, api: Api, body: bytes) -> None:
    set_limits(settings, address="1/day", sign_in_name="1/day", sign_in_address="1/day")

    assert [api(None).post("/api/v1/auth/token", body).status_code for _ in range(2)] == [400, 429]


def test_a_request_without_permission_counts_too(settings: Any, api: Api, stranger: Any, project: Any) -> None:
    set_limits(settings, user=f"{LIMIT}/day")

    assert statuses(api(stranger), LIMIT + 1, f"/api/v1/projects/{project.id}") == [404] * LIMIT + [429]


def test_probes_and_pages_are_not_limited(settings: Any, client: Any) -> None:
    set_limits(settings, address="1/day")

    assert [client.get(path).status_code for path in ("/livez", "/livez", "/api/docs", "/api/docs")] == [200] * 4


def test_a_cache_that_does_not_answer_lets_requests_pass(
    settings: Any, api: Api, member: Any, caplog: pytest.LogCaptureFixture
) -> None:
    set_limits(settings, user="1/day")
    use_absent_redis(settings)

    assert statuses(api(member), 2) == [200, 200]
    assert "throttle.unavailable" in caplog.text


def test_a_limit_holds_for_one_window(settings: Any, clock: Clock, api: Api, member: Any) -> None:
    set_limits(settings, user="1/hour")
    client = api(member)

    assert statuses(client, 2) == [200, 429]
    clock.forward(timedelta(hours=1).total_seconds())
    assert statuses(client, 2) == [200, 429]


def test_an_address_that_clients_share_is_slowed_and_not_refused(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    set_limits(settings, address=f"{LIMIT}/day")
    warn_of_shared_address.cache_clear()
    client, deadline = Client(REMOTE_ADDR=""), Deadline(seconds=60, lock_seconds=60)

    with deadlines.working_until(deadline):
        assert statuses(client, LIMIT) == [401] * LIMIT
        assert deadline.answer_delay == 0
        assert statuses(client, 2) == [401] * 2
    assert deadline.answer_delay > 0
    assert caplog.text.count("throttle.address_shared") == 1


def test_clients_behind_a_unix_socket_are_told_apart_by_its_proxy(settings: Any) -> None:
    set_limits(settings, address=f"{LIMIT}/day")
    one, other = (Client(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=address) for address in ("192.0.2.1", "192.0.2.2"))

    assert statuses(one, LIMIT + 1) == [401] * LIMIT + [429]
    assert statuses(other, 1) == [401]


def test_a_valid_refresh_token_counts_for_its_session(settings: Any, api: Api, member: Any) -> None:
    set_limits(settings, address="1/day", user=f"{LIMIT}/day")
    client, path = api(None), "/api/v1/auth/token/refresh"
    garbage = [client.post(path, {"refresh": "rubbish"}).status_code for _ in range(3)]
    refresh, answers = sign_in(user=member).refresh, []
    for _ in range(LIMIT + 1):
        answers.append(client.post(path, {"refresh": refresh}))
        refresh = answers[-1].json().get("refresh")

    assert garbage == [401, 429, 429]
    assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"refresh": 1}', b'{"other": "x"}', b""])
def test_a_body_that_names_no_session_is_refused_as_ever_and_counted_by_address(
    settings: Any, api: Api, body: bytes
) -> None:
    set_limits(settings, address="1/day")
    client, path = api(None), "/api/v1/auth/token/refresh"

    answers = [client.post(path, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 429]
