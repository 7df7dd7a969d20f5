"""The page of members and invitations, and the way of an invited person from the link into the project."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from neo_base.access.roles import Role
from neo_base.mail import NO_BACKEND
from projects.models import Invitation, Membership, Project
from projects.tokens import digest
from tests.cast import make_invitation
from tests.neo_pages.people import at_the_pages, text_of

pytestmark = pytest.mark.once

ANSWER = reverse("neo_pages:accept_invitation")
ADA = {"invite-email": "Ada@example.com", "invite-role": "viewer"}


def page(name: str, project: Project, *more: Any) -> str:
    return reverse(f"neo_pages:{name}", args=[project.pk, *more])


def role_of(user: Any) -> str | None:
    return Membership.objects.filter(user=user).values_list("role", flat=True).first()


def links_in(text: str) -> list[str]:
    return [word.removeprefix("http://testserver") for word in text.split() if word.startswith("http://testserver")]


def test_an_admin_changes_adds_hands_over_and_removes(admin: Any, viewer: Any, stranger: Any, project: Project) -> None:
    client = at_the_pages(admin)
    client.post(page("project_member_role", project, viewer.pk), {"role": "member"})
    assert role_of(viewer) == Role.MEMBER
    client.post(page("project_member_add", project), {"add-username": "stranger", "add-role": "viewer"})
    assert role_of(stranger) == Role.VIEWER
    client.post(page("project_member_remove", project, stranger.pk))
    assert role_of(stranger) is None
    client.post(page("project_transfer", project, viewer.pk))
    assert (role_of(viewer), role_of(admin)) == (Role.ADMIN, Role.MEMBER)


def test_what_an_action_refuses_is_said_on_the_page(admin: Any, project: Project) -> None:
    client = at_the_pages(admin)
    lowered = client.post(page("project_member_role", project, admin.pk), {"role": "viewer"}, follow=True)
    assert "A project needs at least one admin" in text_of(lowered)
    added = client.post(page("project_member_add", project), {"add-username": "nobody", "add-role": "viewer"})
    assert "No active user has this username." in text_of(added)
    again = client.post(page("project_member_add", project), {"add-username": "admin", "add-role": "viewer"})
    assert "already a member" in text_of(again)


@pytest.mark.parametrize("user_id", ["0", "999999999999999999999", "x"])
def test_an_id_that_no_member_has_is_404(admin: Any, project: Project, user_id: str) -> None:
    assert at_the_pages(admin).post(page("project_member_remove", project, user_id)).status_code == 404


def test_a_member_sees_roles_and_no_forms(member: Any, project: Project) -> None:
    shown = at_the_pages(member).get(page("project_members", project)).content.decode()
    assert "<form method" not in shown.partition("<main")[2]
    assert "admin@example.com" in shown


# From the mail into the project


def test_the_mail_leads_an_invited_person_into_the_project(
    admin: Any, stranger: Any, project: Project, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sent = ADA | {"invite-email": stranger.email}
    with django_capture_on_commit_callbacks(execute=True):
        at_the_pages(admin).post(page("project_invite", project), sent)
    (link,) = links_in(mailoutbox[0].body)
    visitor = Client()
    arrived = visitor.get(link)
    assert (arrived.headers["Location"], arrived.headers["Referrer-Policy"]) == (ANSWER, "no-referrer")
    assert "You are invited to Alpha" in text_of(visitor.get(ANSWER))
    visitor.force_login(stranger)
    assert "Your role Viewer" in text_of(visitor.get(ANSWER))
    assert visitor.post(ANSWER).headers["Location"] == page("project_secrets", project)
    assert role_of(stranger) == Role.VIEWER
    assert visitor.get(ANSWER).status_code == 404


def test_a_visitor_answers_nothing(admin: Any, stranger: Any, project: Project) -> None:
    invited, visitor = make_invitation(admin, project, stranger.email), Client()
    visitor.get(reverse("neo_pages:arrive_invited", args=[invited.token]))
    for answered in ({}, {"decline": "1"}):
        assert "You are invited to Alpha" in text_of(visitor.post(ANSWER, answered))
    invited.row.refresh_from_db()
    assert invited.row.state == "open"
    assert visitor.post(reverse("neo_pages:arrive_invited", args=[invited.token])).status_code == 405


def test_the_session_keeps_no_token(stranger: Any, admin: Any, project: Project) -> None:
    token, client = make_invitation(admin, project, stranger.email).token, Client()
    client.get(reverse("neo_pages:arrive_invited", args=[token]))
    assert dict(client.session) == {"neo_pages_invitation": digest(token)}


def test_an_invitation_is_declined(stranger: Any, admin: Any, project: Project) -> None:
    invited, client = make_invitation(admin, project, stranger.email), at_the_pages(stranger)
    client.get(reverse("neo_pages:arrive_invited", args=[invited.token]))
    client.post(ANSWER, {"decline": "1"})
    invited.row.refresh_from_db()
    assert invited.row.state == "declined"
    assert role_of(stranger) is None


def test_an_account_with_another_address_is_refused_in_words(stranger: Any, admin: Any, project: Project) -> None:
    client = at_the_pages(stranger)
    client.get(reverse("neo_pages:arrive_invited", args=[make_invitation(admin, project, "ada@example.com").token]))
    answer = client.post(ANSWER)
    assert answer.status_code == 404
    assert "it is for an account with another e-mail address" in text_of(answer)
    assert role_of(stranger) is None


@pytest.mark.parametrize("token", ["x", "A" * 43])
def test_a_wrong_link_is_said_to_be_wrong(token: str, db: None) -> None:
    answer = Client().get(reverse("neo_pages:arrive_invited", args=[token]), follow=True)
    assert answer.status_code == 404
    assert "This invitation does not work" in text_of(answer)


def test_without_mail_the_inviter_sees_the_link_once(
    admin: Any, stranger: Any, project: Project, settings: Any
) -> None:
    settings.EMAIL_BACKEND = NO_BACKEND
    client = at_the_pages(admin)
    answer = client.post(page("project_invite", project), ADA | {"invite-email": stranger.email})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    (link,) = links_in(text_of(answer))
    assert link.split("/")[-2] not in client.get(page("project_members", project)).content.decode()
    invited = at_the_pages(stranger)
    invited.get(link)
    invited.post(ANSWER)
    assert role_of(stranger) == Role.VIEWER


def test_with_mail_no_page_shows_a_link(admin: Any, project: Project, mailoutbox: list[Any]) -> None:
    client = at_the_pages(admin)
    answer = client.post(page("project_invite", project), ADA, follow=True)
    assert "/invitations/accept/" not in answer.content.decode()
    assert Invitation.objects.get().email == "ada@example.com"


def test_the_page_of_the_settings_takes_precedence_in_the_mail(
    admin: Any, project: Project, mailoutbox: list[Any], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PROJECTS = settings.PROJECTS | {"INVITATION_URL": "https://elsewhere.example.com/#{token}"}
    with django_capture_on_commit_callbacks(execute=True):
        at_the_pages(admin).post(page("project_invite", project), ADA)
    assert links_in(mailoutbox[0].body) == []
    assert "https://elsewhere.example.com/#" in mailoutbox[0].body
