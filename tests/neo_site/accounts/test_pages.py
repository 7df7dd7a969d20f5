"""Every page of accounts: who gets it, in which language, and without a script or style of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from neo_site.accounts.urls import urlpatterns
from tests.cast import PASSWORD
from tests.neo_site.accounts.factors import add_totp

PUBLIC = {
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "socialaccount_login_cancelled",
}
FAILED = "socialaccount_login_error"
"""The page that says that sign-in by an identity provider failed, with 401."""
ARGUMENTS: dict[str, dict[str, Any]] = {
    "account_confirm_email": {"key": "x"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "x-y"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
}
NAMES = [str(pattern.name) for pattern in urlpatterns if not str(pattern.name).startswith("openid_connect")]
OWN_CODE = re.compile(r"<style|<script(?![^>]* (?:src=|type=\"application/json\"))[^>]*>|\son\w+=|\sstyle=|javascript:")

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def address(name: str) -> str:
    return reverse(name, kwargs=ARGUMENTS.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_visitors_see_what_is_public_and_are_led_to_sign_in_elsewhere(client: Client, name: str) -> None:
    answer = client.get(address(name))
    shown = (answer.status_code, answer.headers.get("Location", "")[:16])
    answers = dict.fromkeys(PUBLIC, (200, "")) | {FAILED: (401, "")}
    assert shown == answers.get(name, (302, "/accounts/login/"))


@pytest.mark.parametrize("factor", [False, True])
def test_no_page_has_code_of_its_own(settings: Any, member: Any, factor: bool) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for _ in range(factor):
        add_totp(member)
    pages = [(name, browser.get(address(name))) for name in NAMES]
    pages += [("visitor " + name, Client().get(address(name))) for name in NAMES]
    assert [(name, OWN_CODE.findall(page.text)) for name, page in pages if OWN_CODE.search(page.text)] == []
    assert [name for name, page in pages if page.status_code >= 500] == []
    seen = [name for name, page in pages if page.status_code == 200]
    assert {"mfa_index", "mfa_add_webauthn", "usersessions_list", "visitor account_login"} <= set(seen)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("account_login", "Mit einem Passkey anmelden"),
        ("account_settings", "Ihr Konto"),
        ("usersessions_list", "Ihre Sitzungen"),
        ("account_device", "Der Befehl neo zeigt einen Code"),
        ("mfa_index", "Zwei-Faktor-Authentifizierung"),
        ("mfa_list_webauthn", "Passkeys und Sicherheitsschlüssel"),
        ("account_change_password", "Passwort ändern"),
    ],
)
def test_pages_are_in_german(member: Any, name: str, said: str) -> None:
    german = Client(headers={"Accept-Language": "de"})
    signed_in = Client(headers={"Accept-Language": "de"})
    signed_in.force_login(member)
    assert said in german.get("/accounts/login/").text + signed_in.get(address(name)).text
