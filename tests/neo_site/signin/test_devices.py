"""Sign-in by browser, RFC 8628: what the program sends, and what it gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.exceptions import Throttled

from neo_base.access.actors import Origin
from neo_base.access.changes import user_deactivated
from neo_site.accounts.passwords import require_change
from neo_site.accounts.sessions import sessions_of
from neo_site.signin.actions import sign_out_everywhere
from neo_site.signin.devices import actions
from neo_site.signin.devices.codes import ALPHABET, digest, normalise
from neo_site.signin.models import DeviceSignIn, Session
from secrets_app.models import AuditEvent
from tests.neo_site.signin.conftest import Ask, Post
from tests.openapi import assert_documented

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
ASKED = {"client_id": "neo", "host": "laptop"}

pytestmark = pytest.mark.django_db

Codes = dict[str, Any]
Fetch = Callable[[Codes], Any]


@pytest.fixture
def codes(post: Post) -> Codes:
    """The codes that a program on a laptop has got."""
    return dict(post("device", ASKED).json())


@pytest.fixture
def fetch(post: Post) -> Fetch:
    """`fetch(codes)`: the answer to a program that asks for its session."""
    return lambda codes: post("device/token", exchange(codes["device_code"]))


def exchange(device_code: str) -> dict[str, str]:
    return {"grant_type": GRANT_TYPE, "device_code": device_code, "client_id": "neo"}


def approve(codes: Codes, user: Any, *, is_approved: bool = True) -> bool:
    waiting = actions.waiting_for(codes["user_code"])
    return waiting is not None and actions.answer(waiting=waiting, user=user, is_approved=is_approved)


def error_of(answer: Any) -> str:
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert problem["error"] == problem["code"]
    return str(problem["code"])


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def test_a_program_gets_codes_and_the_address_of_the_page(codes: Codes) -> None:
    assert sorted(codes) == sorted(
        ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"]
    )
    assert codes["verification_uri"] == "http://testserver/accounts/device/"
    assert codes["verification_uri_complete"] == f"{codes['verification_uri']}?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert len(codes["device_code"]) >= 30
    assert set(codes["user_code"].replace("-", "")) <= set(ALPHABET)
    assert len(codes["user_code"]) == 9


def test_an_approved_program_gets_one_session_of_its_user(
    codes: Codes, fetch: Fetch, post: Post, ask: Ask, member: Any
) -> None:
    assert error_of(fetch(codes)) == "authorization_pending"
    assert approve(codes, member)
    answer = fetch(codes)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    got = answer.json()
    assert (got["token_type"], got["expires_in"], got["username"]) == ("Bearer", 300, "member")
    assert ask(got["access_token"]).data == {"user": str(member.pk)}
    assert post("token/refresh", {"refresh": got["refresh_token"]}).status_code == 200
    assert error_of(fetch(codes)) == "invalid_grant"
    assert Session.objects.count() == 1
    assert events()[:2] == ["sign_in.approved", "session.started"]
    assert AuditEvent.objects.get(event="session.started").data["interface"] == "device"


def test_the_session_says_where_it_came_from(codes: Codes, fetch: Fetch, member: Any) -> None:
    approve(codes, member)
    fetch(codes)
    (listed,) = sessions_of(member, Origin().credential)
    assert (listed.kind, listed.client, listed.client_address) == ("api", "neo on laptop", "127.0.0.1")


def test_clients_of_the_standard_send_forms(member: Any, client: Client) -> None:
    def send(path: str, form: dict[str, str]) -> Any:
        address = f"/api/v1/auth/{path}"
        answer = client.post(address, urlencode(form), content_type="application/x-www-form-urlencoded")
        assert_documented("POST", address, answer.status_code, answer["Content-Type"], answer.content)
        return answer

    codes = send("device", {"client_id": "neo"}).json()
    assert error_of(send("device/token", exchange(codes["device_code"]))) == "authorization_pending"
    approve(codes, member)
    assert send("device/token", exchange(codes["device_code"])).status_code == 200
    assert error_of(send("device/token", exchange("unknown"))) == "invalid_grant"


@pytest.mark.parametrize(
    ("path", "sent", "error"),
    [
        ("device", {"client_id": "other"}, "invalid_client"),
        ("device", {"client_id": "neo", "scope": "openid"}, "invalid_scope"),
        ("device/token", exchange("x") | {"client_id": "other"}, "invalid_client"),
        ("device/token", exchange("x") | {"grant_type": "password"}, "unsupported_grant_type"),
        ("device/token", exchange("x"), "invalid_grant"),
    ],
)
def test_other_requests_get_the_errors_of_the_standard(post: Post, path: str, sent: dict[str, str], error: str) -> None:
    assert error_of(post(path, sent)) == error
    assert not DeviceSignIn.objects.exists()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("device", {}),
        ("device", {"client_id": "neo", "host": "h" * 65}),
        ("device", {"client_id": "neo", "host": "a\nb"}),
        ("device/token", {"client_id": "neo", "grant_type": GRANT_TYPE}),
    ],
)
def test_a_malformed_request_is_invalid(post: Post, path: str, sent: dict[str, str]) -> None:
    answer = post(path, sent)
    assert (answer.status_code, answer.json()["code"], answer.json()["error"]) == (400, "invalid", "invalid_request")


@pytest.mark.parametrize("form", ["client_id=neo&client_id=neo", "client_id=%ff", "client_id", "client_id=a%00b"])
def test_a_form_is_read_strictly(client: Client, form: str) -> None:
    answer = client.post("/api/v1/auth/device", form, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body"])


def test_a_refused_program_gets_nothing(codes: Codes, fetch: Fetch, member: Any) -> None:
    approve(codes, member, is_approved=False)
    assert [error_of(fetch(codes)) for _ in range(2)] == ["access_denied"] * 2
    assert not Session.objects.exists()
    assert events() == ["sign_in.declined"]


def test_an_answer_counts_once(codes: Codes, member: Any, stranger: Any) -> None:
    waiting = actions.waiting_for(codes["user_code"])
    assert waiting is not None
    given = [
        actions.answer(waiting=waiting, user=user, is_approved=is_approved)
        for user, is_approved in ((member, False), (stranger, True))
    ]
    assert given == [True, False]
    assert DeviceSignIn.objects.get().user == member


def test_codes_expire(codes: Codes, fetch: Fetch, member: Any) -> None:
    DeviceSignIn.objects.update(expires_at=timezone.now())
    assert actions.waiting_for(codes["user_code"]) is None
    assert error_of(fetch(codes)) == "expired_token"


def test_an_approval_expires_too(codes: Codes, fetch: Fetch, member: Any) -> None:
    approve(codes, member)
    DeviceSignIn.objects.update(expires_at=timezone.now())
    assert error_of(fetch(codes)) == "expired_token"
    assert not Session.objects.exists()


def test_who_asks_too_often_has_to_slow_down(codes: Codes, fetch: Fetch, member: Any) -> None:
    said = [error_of(fetch(codes)) for _ in range(3)]
    assert said == ["authorization_pending", "slow_down", "slow_down"]
    assert DeviceSignIn.objects.get().interval == 15
    DeviceSignIn.objects.update(polled_at=timezone.now() - timedelta(seconds=16))
    assert error_of(fetch(codes)) == "authorization_pending"
    approve(codes, member)
    assert fetch(codes).status_code == 200


def deactivated(user: Any) -> None:
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def given_another_password(user: Any) -> None:
    user.set_password("another battery staple")
    user.save(update_fields=["password"])


@pytest.mark.parametrize("change", [deactivated, given_another_password])
def test_an_approval_does_not_outlive_what_it_stood_on(
    codes: Codes, fetch: Fetch, member: Any, change: Callable[[Any], None]
) -> None:
    approve(codes, member)
    change(member)
    assert fetch(codes).status_code == 400
    assert not Session.objects.exists()


def signed_out(user: Any) -> None:
    sign_out_everywhere(user=user)


def announced(user: Any) -> None:
    user_deactivated.send(sender=type(user), user=user)


def revoked(user: Any) -> None:
    call_command("revoke_everything", "--yes")


@pytest.mark.parametrize("end", [signed_out, announced, revoked])
def test_what_ends_sessions_ends_approvals(
    codes: Codes, fetch: Fetch, member: Any, end: Callable[[Any], None], capsys: Any
) -> None:
    approve(codes, member)
    end(member)
    assert error_of(fetch(codes)) == "invalid_grant"
    assert not Session.objects.exists()


def test_who_has_to_choose_a_password_first_is_told(codes: Codes, fetch: Fetch, member: Any) -> None:
    approve(codes, member)
    require_change(member)
    answer = fetch(codes)
    assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert not Session.objects.exists()


def test_no_code_is_stored(codes: Codes) -> None:
    (row,) = DeviceSignIn.objects.values()
    stored = json.dumps(row, default=str)
    assert codes["device_code"] not in stored
    assert codes["user_code"] not in stored
    assert row["device_digest"] == digest(codes["device_code"])


@pytest.mark.parametrize("typed", ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk "])
def test_a_user_code_may_be_typed_in_several_ways(typed: str) -> None:
    assert normalise(typed) == "BCDF-GHJK"


def test_one_address_cannot_ask_without_end(post: Post, codes: Codes) -> None:
    row = DeviceSignIn.objects.get()
    others = [
        DeviceSignIn(
            device_digest=f"d{each}",
            user_code_digest=f"u{each}",
            client="neo",
            client_address=row.client_address,
            expires_at=row.expires_at,
            interval=5,
        )
        for each in range(actions.MAX_WAITING - 1)
    ]
    DeviceSignIn.objects.bulk_create(others)
    assert post("device", ASKED).status_code == 429
    assert post("device", ASKED, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_what_has_ended_is_deleted(post: Post, codes: Codes) -> None:
    DeviceSignIn.objects.update(expires_at=timezone.now() - timedelta(minutes=11))
    post("device", ASKED)
    assert DeviceSignIn.objects.count() == 1
    DeviceSignIn.objects.update(expires_at=timezone.now() - timedelta(minutes=11))
    call_command("clear_expired_sessions", verbosity=0)
    assert not DeviceSignIn.objects.exists()


def test_the_operator_can_turn_it_off(settings: Any, codes: Codes, post: Post, fetch: Fetch) -> None:
    settings.NEO_DEVICE_SIGN_IN = False
    assert post("device", ASKED).status_code == 404
    assert fetch(codes).status_code == 404


@pytest.mark.parametrize(("is_shared", "most"), [(False, 20), (True, 500)])
def test_so_many_programs_of_one_address_wait_at_most(is_shared: bool, most: int) -> None:
    def ask(number: int) -> DeviceSignIn:
        codes = {"device_code": f"device-{number}", "user_code": f"user-{number}"}
        return actions.ask(**codes, client="neo", origin=Origin(), is_shared=is_shared)

    for number in range(most):
        ask(number)
    with pytest.raises(Throttled):
        ask(most)
    assert DeviceSignIn.objects.count() == most
