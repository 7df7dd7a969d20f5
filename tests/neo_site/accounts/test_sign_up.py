"""Making an account: by an invitation, whose token proves the address."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from neo_base.mail import NO_BACKEND
from neo_site.accounts.invitations import SESSION_KEY
from projects.models import Membership, Project
from projects.tokens import digest
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD, make_invitation
from tests.neo_site.accounts.conftest import Committed

PAGE = "/accounts/signup/"
NEW = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}

pytestmark = pytest.mark.django_db


def invited(token: str) -> Client:
    """A browser that has opened the link of an invitation."""
    browser = Client()
    session = browser.session
    session[SESSION_KEY] = digest(token)
    session.save()
    return browser


def users() -> Any:
    return get_user_model()._default_manager


def test_the_invited_make_an_account_with_a_proved_address(admin: Any, project: Project, committed: Committed) -> None:
    browser = invited(make_invitation(admin, project, "new@example.com").token)
    assert 'value="new@example.com"' in browser.get(PAGE).text
    mail.outbox.clear()
    with committed():
        assert browser.post(PAGE, NEW | {"email": "another@example.com"}).status_code == 302
    user = users().get(username="newcomer")
    address = EmailAddress.objects.get(user=user)
    assert (user.email, address.email, address.verified) == ("new@example.com", "new@example.com", True)
    assert browser.get("/accounts/").status_code == 200
    assert browser.session[SESSION_KEY]
    assert AuditEvent.objects.get(event="user.joined").actor_id == str(user.pk)
    assert mail.outbox == []


def test_a_stranger_comes_from_the_link_into_the_project(admin: Any, project: Project) -> None:
    browser, token = Client(), make_invitation(admin, project, "new@example.com").token
    page = browser.get(reverse("neo_pages:arrive_invited", args=[token]), follow=True)
    assert f'href="{PAGE}"' in page.text
    answer = browser.post(PAGE, NEW)
    assert answer.headers["Location"] == reverse("neo_pages:accept_invitation")
    assert browser.post(answer.headers["Location"], {"accept": ""}).status_code == 302
    assert Membership.objects.filter(project=project, user__username="newcomer").exists()


def test_without_mail_the_token_proves_no_address(settings: Any, admin: Any, project: Project) -> None:
    browser = invited(make_invitation(admin, project, "new@example.com").token)
    settings.EMAIL_BACKEND = NO_BACKEND
    assert browser.post(PAGE, NEW).status_code == 302
    user = users().get(username="newcomer")
    assert (user.email, EmailAddress.objects.get(user=user).verified) == ("new@example.com", False)


@pytest.mark.parametrize("state", ["expired", "revoked", "accepted", "never made"])
def test_an_invitation_that_has_ended_opens_nothing(admin: Any, project: Project, state: str) -> None:
    invitation = make_invitation(admin, project, "new@example.com")
    ended = {"expired": "expires_at", "revoked": "revoked_at", "accepted": "accepted_at", "never made": "created_at"}
    type(invitation.row).objects.filter(pk=invitation.row.pk).update(**{ended[state]: timezone.now()})
    browser = invited(invitation.token if state != "never made" else "x" * 43)
    assert "Accounts are made by invitation" in browser.post(PAGE, NEW).text
    assert not users().filter(username="newcomer").exists()


def test_whoever_has_an_account_is_sent_to_sign_in(admin: Any, member: Any, project: Project) -> None:
    browser = invited(make_invitation(admin, project, "member@example.com").token)
    page = browser.post(PAGE, NEW)
    assert "An account has this address already." in page.text
    assert PASSWORD not in page.text


@pytest.mark.parametrize("name", ["member", "MEMBER", "member@example.com"])
def test_a_name_that_is_taken_or_an_address_is_refused(admin: Any, member: Any, project: Project, name: str) -> None:
    browser = invited(make_invitation(admin, project, "new@example.com").token)
    assert browser.post(PAGE, NEW | {"username": name}).status_code == 200
    assert users().filter(email="new@example.com").count() == 0


def test_an_open_site_gives_no_power_to_an_address_before_it_is_verified(
    settings: Any, member: Any, committed: Committed
) -> None:
    settings.NEO_SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = "open", "optional"
    browser = Client()
    with committed():
        assert browser.post(PAGE, NEW | {"email": "new@example.com"}).status_code == 302
    assert users().get(username="newcomer").email == ""
    (message,) = mail.outbox
    link = message.body[message.body.index("http://testserver") + len("http://testserver") :].split()[0]
    browser.post(link)
    assert users().get(username="newcomer").email == "new@example.com"
    assert AuditEvent.objects.filter(event="email.verified").count() == 1
