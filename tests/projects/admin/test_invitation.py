"""Invitations in the Django admin, and how shared projects are marked there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from projects.models import Invitation, Project
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


def test_nothing_can_be_changed_added_or_deleted(operator: Client, invited: Invited) -> None:
    assert operator.get(reverse("admin:projects_invitation_add")).status_code == 403
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
