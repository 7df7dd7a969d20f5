"""Invitations in the Django admin, and how shared projects are marked there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from projects.errors import NoSuchInvitation
from projects.invitation_actions import accept_invitation
from projects.models import Invitation, Membership, Project
from projects.tokens import digest
from secrets_app.models import AuditEvent
from tests.cast import Invited, make_invitation, make_user
from tests.projects.admin.test_project import ADD, change, forms

pytestmark = pytest.mark.once

LIST = reverse("admin:projects_invitation_changelist")


def page_of(invitation: Invitation, kind: str = "change") -> str:
    return reverse(f"admin:projects_invitation_{kind}", args=[invitation.pk])


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


@pytest.fixture
def invited(project: Project, admin: Any) -> Invited:
    return make_invitation(admin, project, "ada@example.com")


def sign_in_with(client: Client, *codenames: str) -> None:
    user = make_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)


def revoke(client: Client, *invitations: Invitation) -> Any:
    data = {"action": "revoke", "_selected_action": [str(invitation.pk) for invitation in invitations]}
    return client.post(LIST, data, follow=True)


@pytest.mark.parametrize("query", ["", "?q=ada", "?q=Alpha"])
def test_it_lists_them(operator: Client, invited: Invited, query: str) -> None:
    page = operator.get(LIST + query).content.decode()
    for shown in ("ada@example.com", "Alpha", "member", "Open"):
        assert shown in page


def test_no_page_shows_token_or_digest(operator: Client, invited: Invited, project: Project) -> None:
    for path in (LIST, page_of(invited.row), page_of(invited.row, "history"), change(project)):
        page = operator.get(path).content.decode()
        assert invited.token not in page
        assert invited.row.token_digest not in page


def test_searching_for_the_digest_finds_nothing(operator: Client, invited: Invited) -> None:
    page = operator.get(f"{LIST}?q={invited.row.token_digest}").content.decode()
    assert "ada@example.com" not in page


@pytest.mark.parametrize("lookup", ["token_digest__startswith=a", "token_digest=a", "invited_by__password__regex=a"])
def test_nothing_can_be_asked_about_the_digest(operator: Client, invited: Invited, lookup: str) -> None:
    answer = operator.get(f"{LIST}?{lookup}")
    assert answer.status_code in (302, 400)


def test_nothing_can_be_changed_or_deleted(operator: Client, invited: Invited) -> None:
    assert operator.get(page_of(invited.row, "delete")).status_code == 403
    assert operator.post(page_of(invited.row), {"email": "eve@example.com", "role": "admin"}).status_code == 403
    assert Invitation.objects.get().email == "ada@example.com"


def test_an_operator_revokes(operator: Client, invited: Invited, project: Project, admin: Any) -> None:
    answered = make_invitation(admin, project, "grace@example.com").row
    Invitation.objects.filter(pk=answered.pk).update(accepted_at=answered.created_at)
    page = revoke(operator, invited.row, answered).content.decode()
    assert "1 revoked." in page
    assert {row.email: row.state for row in Invitation.objects.all()} == {
        "ada@example.com": "revoked",
        "grace@example.com": "accepted",
    }


def test_looking_needs_a_permission_and_revoking_another(client: Client, invited: Invited) -> None:
    sign_in_with(client, "view_invitation")
    assert client.get(LIST).status_code == 200
    revoke(client, invited.row)
    assert Invitation.objects.get().state == "open"


def test_an_operator_with_both_revokes(client: Client, invited: Invited) -> None:
    sign_in_with(client, "view_invitation", "change_invitation")
    revoke(client, invited.row)
    assert Invitation.objects.get().state == "revoked"


@pytest.mark.parametrize("codenames", [[], ["view_project"], ["change_membership"]])
def test_others_see_nothing(client: Client, invited: Invited, codenames: list[str]) -> None:
    sign_in_with(client, *codenames)
    assert client.get(LIST).status_code == 403


def test_a_project_is_deleted_with_its_invitations(operator: Client, project: Project, invited: Invited) -> None:
    operator.post(reverse("admin:projects_project_delete", args=[project.pk]), {"post": "yes"})
    assert not Project.objects.exists()
    assert not Invitation.objects.exists()


def test_an_operator_shares_a_project_where_the_site_shares(operator: Client, project: Project, settings: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    data = {"name": "Alpha", "settings_md": "", "tags": "", "shared_with_team": "on", **forms(project)}
    assert operator.post(change(project), data).status_code == 302
    assert Project.objects.get().shared_with_team is True


def test_elsewhere_the_refusal_is_a_message(operator: Client, project: Project) -> None:
    data = {"name": "New", "settings_md": "", "tags": "", "shared_with_team": "on", **forms(project)}
    page = operator.post(change(project), data, follow=True).content.decode()
    assert "Sharing with the team is off" in page
    assert (Project.objects.get().name, Project.objects.get().shared_with_team) == ("Alpha", False)


def test_a_new_project_is_not_shared(operator: Client, settings: Any) -> None:
    settings.PROJECTS = {"TEAM_ROLE": "viewer"}
    assert "shared_with_team" not in operator.get(ADD).content.decode()
    operator.post(ADD, {"name": "Beta", "settings_md": "", "tags": "", "shared_with_team": "on", **forms()})
    assert Project.objects.get().shared_with_team is False


ADD_INVITATION = reverse("admin:projects_invitation_add")


def invite(client: Client, project: Project) -> Any:
    asked = {"project": str(project.pk), "email": "Ada@Example.com", "role": "member"}
    return client.post(ADD_INVITATION, asked)


def test_an_operator_invites_by_mail(
    operator: Client, superuser: Any, project: Project, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert invite(operator, project).status_code == 302
    made = Invitation.objects.get()
    assert (made.email, made.role, made.project, made.invited_by) == ("ada@example.com", "member", project, superuser)
    (message,) = mailoutbox
    assert f"http://testserver{reverse('neo_pages:arrive_invited', args=['x'])[:-2]}" in message.body
    event = AuditEvent.objects.get(event="invitation.created")
    assert (event.actor_kind, event.actor_id) == ("staff", str(superuser.pk))


def test_the_link_is_shown_once_where_the_site_sends_no_mail(
    operator: Client, project: Project, stranger: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    answer = invite(operator, project)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (link,) = re.findall(r"<pre>(http://testserver/invitations/accept/[^<]+/)</pre>", answer.text)
    made = Invitation.objects.get()
    assert made.token_digest == digest(link.rstrip("/").rpartition("/")[2])
    assert link not in operator.get(LIST).text + operator.get(page_of(made)).text
    stranger.email = made.email
    stranger.save()
    accept_invitation(actor=Actor.from_user(stranger), token_digest=made.token_digest)
    assert Membership.objects.filter(project=project, user=stranger, role="member").exists()


def test_an_invitation_ends_with_the_right_of_its_operator(
    client: Client, project: Project, stranger: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    sign_in_with(client, "view_invitation", "change_invitation", "view_project")
    assert invite(client, project).status_code == 200
    made = Invitation.objects.get()
    get_user_model()._default_manager.get(username="clerk").user_permissions.clear()
    stranger.email = made.email
    stranger.save()
    with pytest.raises(NoSuchInvitation):
        accept_invitation(actor=Actor.from_user(stranger), token_digest=made.token_digest)


def test_an_operator_who_may_only_view_invites_nobody(client: Client, project: Project) -> None:
    sign_in_with(client, "view_invitation", "view_project")
    assert (client.get(ADD_INVITATION).status_code, invite(client, project).status_code) == (403, 403)
    assert not Invitation.objects.exists()
