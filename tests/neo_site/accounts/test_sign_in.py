"""The page that signs in by name or e-mail address."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from secrets_app.models import AuditEvent
from tests.cast import PASSWORD
from tests.neo_site.signin.conftest import Post

PAGE = "/accounts/login/"

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def sign_in(name: str, password: str = PASSWORD, **sent: str) -> Any:
    return Client().post(PAGE, {"login": name, "password": password, **sent})


def is_in(browser: Client) -> bool:
    return browser.get("/accounts/").status_code == 200


@pytest.fixture
def verified(member: Any) -> str:
    EmailAddress.objects.create(user=member, email="mine@example.com", primary=True, verified=True)
    return "mine@example.com"


@pytest.mark.parametrize("name", ["member", "mine@example.com", "Mine@Example.COM", " member "])
def test_name_and_verified_address_sign_in_at_page_and_api(member: Any, verified: str, post: Post, name: str) -> None:
    assert sign_in(name).status_code == 302
    assert post("token", {"username": name.strip(), "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("flags", [{"verified": False}, {"primary": False}], ids=["unverified", "not the user's own"])
def test_another_address_signs_nobody_in(member: Any, post: Post, flags: dict[str, bool]) -> None:
    EmailAddress.objects.create(user=member, email="other@example.com", **{"primary": True, "verified": True} | flags)
    assert sign_in("other@example.com").status_code == 200
    assert post("token", {"username": "other@example.com", "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize("name", ["member", "nobody", "mine@example.com", "nobody@example.com", "inactive"])
def test_each_attempt_costs_one_hash(member: Any, verified: str, viewer: Any, name: str) -> None:
    type(viewer).objects.filter(pk=viewer.pk).update(is_active=False, username="inactive")
    hashes = []
    encode = MD5PasswordHasher.encode

    def counted(*arguments: Any, **named: Any) -> str:
        hashes.append(1)
        return str(encode(*arguments, **named))

    with patch.object(MD5PasswordHasher, "encode", counted):
        assert sign_in(name, "wrong").status_code == 200
    assert len(hashes) == 1


def test_every_failure_looks_the_same(member: Any, viewer: Any) -> None:
    type(viewer).objects.filter(pk=viewer.pk).update(is_active=False)
    pages = [sign_in("member", "wrong"), sign_in("viewer"), sign_in("nobody")]
    shown = {page.text.replace(f'value="{page.context["form"]["login"].value()}"', "") for page in pages}
    without_token = {text.split("csrfmiddlewaretoken")[0] for text in shown}
    assert {page.status_code for page in pages} == {200}
    assert len(without_token) == 1
    assert "not correct" in pages[0].text


def test_a_failed_page_gives_the_password_back_in_no_form(member: Any) -> None:
    canary = "canary-of-a-password"
    asked = [{}, {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, {"HTTP_ACCEPT": "application/json"}]
    pages = [Client().post(PAGE, {"login": "member", "password": canary}, **extra) for extra in asked]  # type: ignore[arg-type]
    assert [page.headers["Content-Type"] for page in pages] == ["text/html; charset=utf-8"] * 3
    assert not [page for page in pages if canary in page.text]


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [("/api/docs", "/api/docs"), ("https://elsewhere.example/", "/"), ("//elsewhere.example/", "/"), ("", "/")],
)
def test_it_leads_to_pages_of_this_site_only(member: Any, wanted: str, leads_to: str) -> None:
    assert sign_in("member", next=wanted).headers["Location"] == leads_to


@pytest.mark.parametrize(
    "path", ["", "login/", "password/change/", "password/reset/", "2fa/", "sessions/", "email/", "signup/"]
)
def test_no_page_of_accounts_is_kept(client: Client, member: Any, path: str) -> None:
    assert client.get(f"/accounts/{path}").headers["Cache-Control"] == "no-store"
    client.force_login(member)
    assert client.get(f"/accounts/{path}").headers["Cache-Control"] == "no-store"


def test_sign_up_is_closed_without_an_invitation(client: Client) -> None:
    page = client.post("/accounts/signup/", {"username": "new", "email": "new@example.com", "password1": PASSWORD})
    assert "Accounts are made by invitation" in page.text


def test_signing_in_and_out_is_recorded(member: Any) -> None:
    browser = Client()
    browser.post(PAGE, {"login": "member", "password": PASSWORD})
    assert is_in(browser)
    browser.post("/accounts/logout/")
    assert not is_in(browser)
    told = AuditEvent.objects.filter(user_id=str(member.pk)).order_by("id")
    assert [(row.event, row.data["interface"]) for row in told] == [
        ("session.started", "cookie"),
        ("session.ended", "cookie"),
    ]
