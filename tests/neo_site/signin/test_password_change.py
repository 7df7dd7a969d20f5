"""What a change of password, and signing out everywhere, tells of the service tokens that live on."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.management.commands import changepassword
from django.core.management import call_command
from django.test import Client

from neo_base.access.actors import Actor
from neo_site.signin.models import Session
from secrets_app.actions.tokens import NewToken, create_token
from secrets_app.models import AuditEvent, ServiceToken, TaskGrant
from tests.cast import PASSWORD, Api, make_user

NEW = "another battery staple"
EVERYWHERE = "/api/v1/auth/sign-out-everywhere"
TASK_GRANTS = "/api/v1/task-grants"


@pytest.fixture
def token(member: Any) -> NewToken:
    """A service token of the member, beside the one of somebody else."""
    create_token(actor=Actor.from_user(make_user("another")), name="Theirs", scopes=["secrets:read"])
    return create_token(actor=Actor.from_user(member), name="For CI", scopes=["secrets:read"])


def test_signing_out_everywhere_names_the_tokens_that_live_on(api: Api, member: Any, token: NewToken) -> None:
    client = api(member)
    client.post(TASK_GRANTS, {})
    answer = client.post(EVERYWHERE)
    assert answer.json() == {
        "sessions_ended": 1,
        "service_tokens_ended": 0,
        "service_tokens": [{"id": str(token.row.pk), "name": "For CI"}],
    }
    assert not TaskGrant.objects.open().exists()


def test_signing_out_everywhere_ends_tokens_on_request(api: Api, member: Any, token: NewToken) -> None:
    answer = api(member).post(EVERYWHERE, {"end_service_tokens": True})
    assert answer.json() == {"sessions_ended": 1, "service_tokens_ended": 1, "service_tokens": []}
    assert [row.name for row in ServiceToken.objects.usable()] == ["Theirs"]
    assert AuditEvent.objects.get(event="token.revoked").data == {"reason": "signed_out_everywhere"}


def test_a_superuser_is_told_after_setting_a_password(superuser: Any, member: Any, token: NewToken) -> None:
    client = Client()
    client.force_login(superuser)
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    page = client.post(f"/admin/auth/user/{member.pk}/password/", sent, follow=True)
    assert "1 service token lives on" in page.text
    assert token.row.prefix in page.text
    assert "Theirs" not in page.text
    listed = client.get(page.text.split('service token lives on: <a href="')[1].split('"')[0].replace("&amp;", "&"))
    assert "For CI" in listed.text
    assert "Theirs" not in listed.text


def test_a_user_is_told_after_changing_their_own(member: Any) -> None:
    create_token(actor=Actor.from_user(member), name="Mine", scopes=["secrets:read"])
    client = Client()
    client.force_login(member)
    sent = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    page = client.post("/accounts/password/change/", sent, follow=True)
    assert (page.redirect_chain[0][0], page.status_code) == ("/accounts/", 200)
    assert "These service tokens live on: neo_sk_" in page.text


def test_operators_change_theirs_at_the_same_page(staff: Any) -> None:
    client = Client()
    client.force_login(staff)
    assert client.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"


def test_a_wrong_former_password_changes_and_tells_nothing(member: Any) -> None:
    create_token(actor=Actor.from_user(member), name="Mine", scopes=["secrets:read"])
    client = Client()
    client.force_login(member)
    sent = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert "live on" not in client.post("/accounts/password/change/", sent, follow=True).text
    assert type(member).objects.get(pk=member.pk).check_password(PASSWORD)


def test_nothing_is_said_without_tokens(superuser: Any, member: Any) -> None:
    client = Client()
    client.force_login(superuser)
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert "on:" not in client.post(f"/admin/auth/user/{member.pk}/password/", sent, follow=True).text


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody types the new password, twice."""
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda *_: NEW)


@pytest.mark.usefixtures("typed")
def test_the_command_names_the_tokens_that_live_on(member: Any, token: NewToken) -> None:
    output = StringIO()
    call_command("changepassword", "member", stdout=output)
    assert f"Lives on: service token {token.row.pk} {token.row}" in output.getvalue()
    member.refresh_from_db()
    assert member.check_password(NEW)


@pytest.mark.usefixtures("typed")
def test_the_command_ends_tokens_on_request(api: Api, member: Any, token: NewToken) -> None:
    api(member).post(TASK_GRANTS, {})
    output = StringIO()
    call_command("changepassword", "member", "--end-service-tokens", stdout=output)
    assert "Service tokens ended: 1." in output.getvalue()
    assert [row.name for row in ServiceToken.objects.usable()] == ["Theirs"]
    assert not TaskGrant.objects.open().exists()
    assert not Session.objects.live().exists()


def test_ended_sessions_of_an_inactive_user_do_not_come_back(api: Api, member: Any) -> None:
    client = api(member)
    for is_active in (False, True):
        member.is_active = is_active
        member.save(update_fields=["is_active"])
    assert client.get("/api/v1/secrets").status_code == 401


def test_saving_a_user_otherwise_ends_nothing(api: Api, member: Any, token: NewToken) -> None:
    client = api(member)
    client.post(TASK_GRANTS, {})
    member.first_name = "Mo"
    member.save()
    member.save(update_fields=["first_name"])
    assert client.get("/api/v1/secrets").status_code == 200
    assert TaskGrant.objects.open().count() == 1


def test_what_a_save_leaves_out_ends_nothing(api: Api, member: Any) -> None:
    """The object has another password than the table, which keeps the former one."""
    client = api(member)
    member.set_password(NEW)
    member.is_active = False
    member.save(update_fields=["first_name"])
    member.refresh_from_db()
    assert client.get("/api/v1/secrets").status_code == 200
