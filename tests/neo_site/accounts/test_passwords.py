"""Passwords: chosen by a link once, reset by mail, and to be changed where somebody else set them."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from neo_base.mail import NO_BACKEND
from neo_site.accounts.passwords import must_change, require_change
from secrets_app.actions.tokens import create_token
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD
from tests.limits import Clock, set_limits
from tests.neo_site.accounts.conftest import Committed
from tests.neo_site.accounts.factors import add_totp
from tests.neo_site.signin.conftest import Post

NEW = "quite another password"
CHOSEN = {"password1": NEW, "password2": NEW}
RESET = "/accounts/password/reset/"

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, base_url="https://secrets.example.com", **options)
    return out.getvalue().strip().removeprefix("https://secrets.example.com")


def follow_link(path: str) -> tuple[Client, str]:
    """A browser that has opened the link, and the address of the form, which holds no key."""
    browser = Client()
    form = browser.get(path).headers["Location"]
    assert path.rstrip("/").split("-", 1)[1] not in form
    return browser, form


def signs_in(post: Post, name: str, password: str) -> bool:
    return bool(post("token", {"username": name, "password": password}).status_code == 200)


def told(event: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=event))


# One-time links


def test_an_operator_adds_a_user_who_chooses_the_password(post: Post) -> None:
    link = run("add_user", "newcomer", email="new@example.com")
    assert not get_user_model()._default_manager.get(username="newcomer").has_usable_password()
    browser, form = follow_link(link)
    assert browser.post(form, CHOSEN).status_code == 302
    assert signs_in(post, "newcomer", NEW)
    assert [row.event for row in AuditEvent.objects.order_by("id")][:3] == [
        "user.created",
        "password_link.created",
        "password.changed",
    ]


def test_a_link_works_once(member: Any, post: Post) -> None:
    link = run("one_time_link", "member")
    first, form = follow_link(link)
    second, _ = follow_link(link)
    assert first.post(form, CHOSEN).status_code == 302
    late = second.post(form, {"password1": "a third password", "password2": "a third password"})
    assert (late.status_code, "already been used" in late.text) == (200, True)
    assert Client().get(link).status_code == 200
    assert signs_in(post, "member", NEW)


@pytest.mark.parametrize(
    ("password", "seconds", "sign_ins"),
    [(NEW, 3600, 0), (PASSWORD, 3600, 1), (PASSWORD, -1, 0)],
    ids=["another password", "a sign-in", "time"],
)
def test_a_link_ends_with(settings: Any, member: Any, post: Post, password: str, seconds: int, sign_ins: int) -> None:
    member.set_password(password)
    link = run("one_time_link", "member")
    member.save()
    settings.PASSWORD_RESET_TIMEOUT = seconds
    assert [signs_in(post, "member", password) for _ in range(sign_ins)] == [True] * sign_ins
    page = Client().get(link)
    assert (page.status_code, "already been used" in page.text) == (200, True)


def test_a_link_does_not_take_the_second_factors_place(member: Any, post: Post) -> None:
    add_totp(member)
    browser, form = follow_link(run("one_time_link", "member"))
    browser.post(form, CHOSEN)
    assert browser.get("/accounts/").status_code == 302
    assert post("token", {"username": "member", "password": NEW}).json()["code"] == "second_factor_required"


def test_the_admin_shows_a_link_once(superuser: Any, member: Any) -> None:
    operator = Client()
    operator.force_login(superuser)
    sent = {"action": "make_one_time_link", "_selected_action": [str(member.pk)]}
    page = operator.post("/admin/auth/user/", sent)
    (link,) = re.findall(r'value="http://testserver(/accounts/password/reset/key/[^"]+)"', page.text)
    assert "no-store" in page.headers["Cache-Control"]
    assert follow_link(link)
    (event,) = told("password_link.created")
    assert (event.actor_kind, event.subject_id) == ("staff", str(member.pk))
    assert link.rsplit("-", 1)[1].strip("/") not in f"{vars(event)}"


def test_only_superusers_make_links(staff: Any, member: Any) -> None:
    from django.contrib.auth.models import Permission

    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    operator = Client()
    operator.force_login(staff)
    sent = {"action": "make_one_time_link", "_selected_action": [str(member.pk)]}
    assert "reset/key" not in operator.post("/admin/auth/user/", sent, follow=True).text
    assert told("password_link.created") == []


@pytest.mark.parametrize("name", ["nobody", "inactive"])
def test_no_link_for_nobody_and_inactive_users(member: Any, name: str) -> None:
    type(member).objects.filter(pk=member.pk).update(username="inactive", is_active=False)
    with pytest.raises(CommandError):
        run("one_time_link", name)


# Reset by mail


def test_a_forgotten_password_is_reset_by_mail(member: Any, post: Post, superuser: Any, committed: Committed) -> None:
    with committed():
        answer = Client().post(RESET, {"email": "Member@example.com"})
    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    (message,) = mail.outbox
    (link,) = re.findall(r"http://testserver(/\S+)", str(message.body))
    assert message.to == ["member@example.com"]
    browser, form = follow_link(link)
    browser.post(form, CHOSEN)
    assert signs_in(post, "member", NEW)


def test_an_unknown_address_gets_the_same_answer_and_no_mail(member: Any, committed: Committed) -> None:
    with committed():
        known, unknown = (Client().post(RESET, {"email": f"{name}@example.com"}) for name in ("member", "nobody"))
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert len(mail.outbox) == 1


def test_a_mail_server_that_fails_is_logged_and_changes_no_answer(
    member: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture, committed: Committed
) -> None:
    def fail(self: Any, **_: Any) -> None:
        raise OSError("550 member@example.com")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    with committed():
        assert Client().post(RESET, {"email": "member@example.com"}).status_code == 302
    assert "account.mail_failed error=OSError" in caplog.text
    assert "member@example.com" not in caplog.text


def test_resets_are_counted(settings: Any, member: Any, clock: Clock, committed: Committed) -> None:
    set_limits(settings, sign_in_name="3/hour")
    with committed():
        statuses = [Client().post(RESET, {"email": "member@example.com"}).status_code for _ in range(4)]
    assert statuses == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_without_mail_the_page_names_an_operator(settings: Any, member: Any, committed: Committed) -> None:
    settings.EMAIL_BACKEND = NO_BACKEND
    assert "An operator can make you a link" in Client().get("/accounts/login/").text
    with committed():
        Client().post(RESET, {"email": "member@example.com"})
    assert mail.outbox == []


# A password that somebody else set


@pytest.fixture
def flagged(member: Any) -> Any:
    require_change(member)
    return member


def test_a_password_from_somebody_else_opens_nothing_but_its_change(flagged: Any, post: Post) -> None:
    answer = post("token", {"username": "member", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    browser = Client()
    browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    change = "/accounts/password/change/"
    assert {browser.get(path).headers["Location"] for path in ("/", "/accounts/", "/admin/", "/accounts/email/")} == {
        change
    }
    assert "Somebody else set your password." in browser.get(change).text
    assert browser.post(change, CHOSEN | {"oldpassword": PASSWORD}).status_code == 302
    assert browser.get("/accounts/").status_code == 200
    assert signs_in(post, "member", NEW)


def test_a_wrong_password_does_not_tell_that_it_has_to_change(flagged: Any, post: Post) -> None:
    assert post("token", {"username": "member", "password": "wrong"}).json()["code"] == "invalid_credentials"


def test_an_operator_who_sets_a_password_has_it_changed(superuser: Any, member: Any) -> None:
    operator = Client()
    operator.force_login(superuser)
    sent = CHOSEN | {"usable_password": "true"}
    operator.post(f"/admin/auth/user/{member.pk}/password/", sent)
    operator.post("/admin/auth/user/add/", sent | {"username": "added"})
    operator.post(f"/admin/auth/user/{superuser.pk}/password/", sent)
    added = get_user_model()._default_manager.get(username="added")
    assert [must_change(user) for user in (member, added, superuser)] == [True, True, False]


def test_the_command_has_it_changed_unless_it_is_ones_own(member: Any, viewer: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: NEW)
    call_command("changepassword", "member", stdout=StringIO())
    call_command("changepassword", "viewer", own=True, stdout=StringIO())
    assert [must_change(user) for user in (member, viewer)] == [True, False]


def test_a_chosen_password_ends_sessions_elsewhere_and_no_service_token(member: Any, post: Post) -> None:
    from neo_base.access.actors import Actor

    create_token(actor=Actor.from_user(member), name="Mine", scopes=["secrets:read"])
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    pair = post("token", {"username": "member", "password": PASSWORD}).json()
    here.post("/accounts/password/change/", CHOSEN | {"oldpassword": PASSWORD})
    assert [browser.get("/accounts/").status_code for browser in (here, elsewhere)] == [200, 302]
    assert post("token/refresh", {"refresh": pair["refresh"]}).status_code == 401
    assert told("token.revoked") == []
