"""`/api/v1/user`: the account, the password and the sessions of whoever asks."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as CookieSession
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.mail import NO_BACKEND
from neo_site.signin.models import Session
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent, ServiceToken
from tests.cast import PASSWORD, Api
from tests.limits import Clock, set_limits
from tests.neo_site.accounts.conftest import Committed
from tests.neo_site.accounts.factors import add_totp

USER = "/api/v1/user"
NEW = "quite another password"

pytestmark = pytest.mark.django_db


def change(client: Any, current: str = PASSWORD, new: str = NEW, **more: Any) -> Any:
    return client.post(f"{USER}/password", {"current_password": current, "new_password": new, **more})


def test_it_tells_who_is_signed_in_and_no_credential(api: Api, member: Any) -> None:
    add_totp(member)
    answer = api(member).get(USER)
    assert answer.json() == {
        "id": str(member.pk),
        "username": "member",
        "email": "member@example.com",
        "email_verified": False,
        "pending_email": None,
        "second_factor": True,
        "site": {"mail": True, "sign_up": "invited", "identity_provider": False},
    }


def test_a_service_token_is_nobody_here(api: Api, member: Any) -> None:
    from tests.cast import ApiClient

    token = create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    client = ApiClient(bearer=token.text)
    assert [client.get(USER).status_code, client.get(f"{USER}/sessions").status_code] == [401, 401]
    assert change(client).status_code == 401


def test_a_new_address_waits_for_its_mail(api: Api, member: Any, committed: Committed) -> None:
    client = api(member)
    with committed():
        answer = client.patch(USER, {"email": "other@example.com"})
    assert (answer.json()["email"], answer.json()["pending_email"]) == ("member@example.com", "other@example.com")
    (message,) = mail.outbox
    link = message.body[message.body.index("http://testserver") + len("http://testserver") :].split()[0]
    Client().post(link)
    shown = client.get(USER).json()
    assert (shown["email"], shown["email_verified"], shown["pending_email"]) == ("other@example.com", True, None)


def test_a_new_address_needs_a_recent_sign_in_and_mail(settings: Any, api: Api, member: Any) -> None:
    client = api(member)
    Session.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert client.patch(USER, {"email": "other@example.com"}).json()["code"] == "sign_in_again"
    settings.EMAIL_BACKEND = NO_BACKEND
    assert api(member).patch(USER, {"email": "other@example.com"}).json()["code"] == "email_off"
    assert client.patch(USER, {"username": "other"}).status_code == 400


def test_a_password_is_changed_by_its_owner(api: Api, member: Any) -> None:
    client, elsewhere = api(member), api(member)
    create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    answer = change(client)
    assert (answer.status_code, answer.json()["service_tokens_ended"]) == (200, 0)
    assert [each["name"] for each in answer.json()["service_tokens"]] == ["CI"]
    assert [each.get(USER).status_code for each in (client, elsewhere)] == [401, 401]
    from tests.cast import ApiClient

    assert ApiClient(bearer=answer.json()["access"]).get(USER).status_code == 200
    assert AuditEvent.objects.get(event="password.changed").data == {"by": "api"}


def test_service_tokens_end_when_asked(api: Api, member: Any) -> None:
    create_token(actor=Actor.from_user(member), name="CI", scopes=["secrets:read"])
    answer = change(api(member), end_service_tokens=True)
    assert (answer.json()["service_tokens_ended"], answer.json()["service_tokens"]) == (1, [])
    assert not ServiceToken.objects.usable().exists()


def test_a_wrong_current_password_changes_nothing_and_counts(
    settings: Any, api: Api, member: Any, clock: Clock
) -> None:
    client = api(member)
    set_limits(settings, sign_in_name="3/hour")
    answers = [change(client, current="wrong") for _ in range(3)]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "wrong_password")] * 3
    assert change(client).status_code == 429
    assert client.get(USER).status_code == 200


@pytest.mark.parametrize("new", ["quite-tiny", "password1234", "member@example"])
def test_a_weak_password_is_refused_and_not_quoted(api: Api, member: Any, new: str) -> None:
    answer = change(api(member), new=new)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["new_password"])
    assert new not in answer.text


def test_sessions_of_both_kinds_are_listed_and_ended(api: Api, member: Any, viewer: Any) -> None:
    browser, foreign = Client(HTTP_USER_AGENT="Firefox"), api(viewer)
    browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client, other = api(member), api(member)
    listed = client.get(f"{USER}/sessions").json()["results"]
    assert sorted((each["kind"], each["client"], each["is_current"]) for each in listed) == [
        ("api", "", False),
        ("api", "", True),
        ("browser", "Firefox", False),
    ]
    assert browser.session.session_key not in client.get(f"{USER}/sessions").text
    for each in listed:
        assert foreign.delete(f"{USER}/sessions/{each['id']}").status_code == 404
    ended = [each["id"] for each in listed if not each["is_current"]]
    assert [client.delete(f"{USER}/sessions/{each}").status_code for each in ended] == [204, 204]
    assert [client.delete(f"{USER}/sessions/{each}").status_code for each in ended] == [404, 404]
    assert (other.get(USER).status_code, browser.get("/accounts/").status_code) == (401, 302)
    assert len(client.get(f"{USER}/sessions").json()["results"]) == 1


def test_all_other_sessions_end_at_once(api: Api, member: Any) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client, other = api(member), api(member)
    assert client.delete(f"{USER}/sessions").status_code == 204
    assert [client.get(USER).status_code, other.get(USER).status_code] == [200, 401]
    assert browser.get("/accounts/").status_code == 302


def test_signing_out_everywhere_ends_browsers_too(api: Api, member: Any) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    assert api(member).post("/api/v1/auth/sign-out-everywhere", {}).json()["sessions_ended"] == 2
    assert browser.get("/accounts/").status_code == 302


def test_nothing_is_kept_of_browsers_whose_session_has_ended(member: Any) -> None:
    expired, ended, live = Client(), Client(), Client()
    for browser in (expired, ended, live):
        browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    CookieSession.objects.filter(pk=expired.session.session_key).update(expire_date=timezone.now())
    ended.post("/accounts/logout/")
    call_command("clear_expired_sessions", stdout=StringIO())
    assert [row.session_key for row in UserSession.objects.all()] == [live.session.session_key]
    assert CookieSession.objects.count() == 1


def test_the_page_lists_and_ends_sessions(api: Api, member: Any) -> None:
    here, there = Client(), Client(HTTP_USER_AGENT="Elsewhere")
    for browser in (here, there):
        browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    client = api(member)
    page = here.get("/accounts/sessions/")
    assert (page.text.count("(this one)"), "Elsewhere" in page.text, page.text.count(">End</button>")) == (1, True, 2)
    theirs = next(each.id for each in page.context["sessions"] if each.client == "Elsewhere")
    here.post("/accounts/sessions/", {"session": theirs})
    assert (there.get("/accounts/").status_code, client.get(USER).status_code) == (302, 200)
    here.post("/accounts/sessions/")
    assert (here.get("/accounts/").status_code, client.get(USER).status_code) == (200, 401)
