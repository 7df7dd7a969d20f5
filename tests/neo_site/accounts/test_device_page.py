"""The page at which users answer a program that asks to be signed in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from neo_site.signin.models import DeviceSignIn, Session
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD
from tests.limits import set_limits
from tests.neo_site.accounts.factors import add_totp
from tests.neo_site.signin.conftest import Post

PAGE = "/accounts/device/"
LOGIN = "/accounts/login/"

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def browser(member: Any) -> Client:
    """A browser in which the member has just signed in."""
    browser = Client()
    browser.post(LOGIN, {"login": "member", "password": PASSWORD})
    return browser


@pytest.fixture
def codes(post: Post) -> dict[str, Any]:
    return dict(post("device", {"client_id": "neo", "host": "laptop"}, REMOTE_ADDR="192.0.2.7").json())


def fetch(post: Post, codes: dict[str, Any]) -> Any:
    grant_type = "urn:ietf:params:oauth:grant-type:device_code"
    sent = {"grant_type": grant_type, "device_code": codes["device_code"], "client_id": "neo"}
    return post("device/token", sent)


def grow_old(browser: Client) -> None:
    """Let the sign-in of a browser be an hour ago."""
    session = browser.session
    session["neo_signed_in_at"] = int(time.time()) - 3_600
    session["account_authentication_methods"] = []
    session.save()


def test_a_link_fills_the_code_in_and_looks_nothing_up(browser: Client, codes: dict[str, Any]) -> None:
    page = browser.get(codes["verification_uri_complete"])
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert f'value="{codes["user_code"]}"' in page.text
    assert "laptop" not in page.text


def test_the_page_shows_who_asks_before_the_answer(browser: Client, codes: dict[str, Any]) -> None:
    page = browser.post(PAGE, {"user_code": codes["user_code"].lower().replace("-", " ")})
    for shown in ("neo on laptop", "192.0.2.7", codes["user_code"], "Approve only what you started yourself"):
        assert shown in page.text
    assert DeviceSignIn.objects.get().is_approved is None


def test_an_approved_program_is_signed_in(browser: Client, codes: dict[str, Any], post: Post, member: Any) -> None:
    page = browser.post(PAGE, {"user_code": codes["user_code"], "answer": "approve"})
    assert "neo on laptop is signed in as you." in page.text
    assert fetch(post, codes).json()["username"] == "member"
    event = AuditEvent.objects.get(event="sign_in.approved")
    assert (event.user_id, event.address) == (str(member.pk), "127.0.0.1")
    assert "neo on laptop" in browser.get("/accounts/sessions/").text


def test_a_refused_program_gets_nothing(browser: Client, codes: dict[str, Any], post: Post) -> None:
    page = browser.post(PAGE, {"user_code": codes["user_code"], "answer": "decline"})
    assert "was refused and gets nothing" in page.text
    assert fetch(post, codes).json()["error"] == "access_denied"
    assert not Session.objects.exists()


def test_a_wrong_code_is_a_failed_sign_in(browser: Client, codes: dict[str, Any], member: Any) -> None:
    page = browser.post(PAGE, {"user_code": "XXXX-XXXX", "answer": "approve"})
    assert (page.status_code, "No program waits with this code." in page.text) == (400, True)
    recorder.settle(everything=True)
    event = AuditEvent.objects.get(event="sign_in.refused")
    assert (event.subject_id, event.data["code"]) == (str(member.pk), "user_code_invalid")


def test_codes_cannot_be_guessed(browser: Client, codes: dict[str, Any], settings: Any) -> None:
    set_limits(settings, sign_in_name="3/day")
    tries = [browser.post(PAGE, {"user_code": f"XXXX-XXX{letter}"}).status_code for letter in "BCDFG"]
    assert tries == [400, 400, 400, 429, 429]
    assert browser.post(PAGE, {"user_code": codes["user_code"]}).status_code == 429


def test_an_expired_or_answered_code_is_wrong(browser: Client, codes: dict[str, Any]) -> None:
    DeviceSignIn.objects.update(expires_at=timezone.now())
    assert browser.post(PAGE, {"user_code": codes["user_code"], "answer": "approve"}).status_code == 400


def test_forged_requests_are_refused(member: Any, codes: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member)
    answer = browser.post(PAGE, {"user_code": codes["user_code"], "answer": "approve"})
    assert answer.status_code == 403
    assert DeviceSignIn.objects.get().is_approved is None


def test_visitors_sign_in_first_and_come_back(codes: dict[str, Any]) -> None:
    answer = Client().get(codes["verification_uri_complete"])
    assert answer["Location"] == f"{LOGIN}?next={PAGE}%3Fuser_code%3D{codes['user_code']}"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_old_sign_in_is_not_enough(browser: Client, codes: dict[str, Any], method: str) -> None:
    grow_old(browser)
    address = f"{PAGE}?user_code={codes['user_code']}"
    answer = getattr(browser, method)(address, {"user_code": codes["user_code"], "answer": "approve"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=/accounts/device/")
    assert DeviceSignIn.objects.get().is_approved is None
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert browser.get(address).status_code == 200


def test_who_has_no_password_signs_in_anew(browser: Client, member: Any, codes: dict[str, Any]) -> None:
    type(member).objects.filter(pk=member.pk).update(password="!")
    browser.force_login(type(member).objects.get(pk=member.pk))
    grow_old(browser)
    assert browser.get(PAGE)["Location"] == f"{LOGIN}?next={PAGE}"
    assert browser.get("/accounts/").status_code == 302


def test_a_second_factor_is_asked_for_on_the_way(member: Any, codes: dict[str, Any]) -> None:
    add_totp(member)
    browser = Client()
    browser.post(LOGIN, {"login": "member", "password": PASSWORD})
    assert browser.get(PAGE).status_code == 302


def test_the_operator_can_turn_it_off(settings: Any, browser: Client) -> None:
    assert PAGE in browser.get("/accounts/").text
    settings.NEO_DEVICE_SIGN_IN = False
    assert browser.get(PAGE).status_code == 404
    assert PAGE not in browser.get("/accounts/").text
