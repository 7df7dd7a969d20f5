"""Projects and members in the Django admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from neo_base.access.roles import Role
from neo_site.signin.actions import sign_in
from projects.models import Membership, Project
from secrets_app.models import DataKey, Secret
from tests.cast import make_secret

pytestmark = pytest.mark.once

ADD = reverse("admin:projects_project_add")


def change(project: Project) -> str:
    return reverse("admin:projects_project_change", args=[project.pk])


def forms(project: Project | None = None, *rows: dict[str, Any]) -> dict[str, Any]:
    """Return the inline form of members: the current rows, replaced or extended by `rows`."""
    present = list(Membership.objects.filter(project=project)) if project else []
    data: dict[str, Any] = {
        "memberships-TOTAL_FORMS": max(len(present), len(rows)),
        "memberships-INITIAL_FORMS": len(present),
    }
    for index, row in enumerate(present):
        shown = {"id": row.pk, "project": str(row.project_id), "user": row.user_id, "role": row.role}
        data |= {f"memberships-{index}-{name}": value for name, value in shown.items()}
    for index, given in enumerate(rows):
        data |= {f"memberships-{index}-{name}": value for name, value in given.items()}
    return data


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def roles(project: Project) -> dict[str, str]:
    return dict(Membership.objects.filter(project=project).values_list("user__username", "role"))


def test_it_creates_a_project_with_members(operator: Client, member: Any) -> None:
    row = {"user": member.pk, "role": "member", "id": "", "project": ""}
    answer = operator.post(ADD, {"name": "Beta", "settings_md": "", "tags": "a, b", **forms(None, row)})
    assert answer.status_code == 302
    project = Project.objects.get()
    assert project.tags == ["a", "b"]
    assert roles(project) == {"superuser": "admin", "member": "member"}


def test_it_changes_a_project(operator: Client, project: Project) -> None:
    answer = operator.post(change(project), {"name": "New", "settings_md": "# Hi", "tags": "x", **forms(project)})
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.name, project.settings_md, project.tags) == ("New", "# Hi", ["x"])


def test_admins_can_be_exchanged_in_one_go(operator: Client, project: Project) -> None:
    rows = [{"role": "viewer"}, {"role": "admin"}, {"role": "viewer"}]
    operator.post(change(project), {"name": "Alpha", "settings_md": "", "tags": "", **forms(project, *rows)})
    assert roles(project) == {"admin": "viewer", "member": "admin", "viewer": "viewer"}


@pytest.mark.parametrize("row", [{"role": "member"}, {"DELETE": "on"}])
def test_the_last_admin_stays_and_nothing_else_changes(operator: Client, project: Project, row: dict[str, str]) -> None:
    data = {"name": "Changed", "settings_md": "", "tags": "", **forms(project, row)}
    answer = operator.post(change(project), data, follow=True)
    assert "needs at least one admin" in answer.content.decode()
    project.refresh_from_db()
    assert project.name == "Alpha"
    assert roles(project)["admin"] == Role.ADMIN


@pytest.mark.parametrize("tags", [",".join(f"t{i}" for i in range(21)), 33 * "x", "a\x07b"])
def test_tags_out_of_bounds_are_form_errors(operator: Client, project: Project, tags: str) -> None:
    answer = operator.post(change(project), {"name": "A", "settings_md": "", "tags": tags, **forms(project)})
    assert answer.status_code == 200
    project.refresh_from_db()
    assert project.tags == []


def test_deleting_a_project_deletes_its_secrets_and_keys(operator: Client, project: Project, member: Any) -> None:
    make_secret(member, project_id=project.pk)
    operator.post(reverse("admin:projects_project_delete", args=[project.pk]), {"post": "yes"})
    assert not Project.objects.exists()
    assert not Secret.objects.exists()
    assert not DataKey.objects.exists()


def test_deleting_the_only_admin_of_a_project_says_why_not(operator: Client, project: Project, admin: Any) -> None:
    url = reverse("admin:auth_user_delete", args=[admin.pk])
    assert "Only admin of Alpha" in operator.get(url).content.decode()
    operator.post(url, {"post": "yes"})
    assert get_user_model().objects.filter(pk=admin.pk).exists()


def test_deleting_a_user_takes_secrets_keys_and_sessions_along(operator: Client, member: Any) -> None:
    make_secret(member)
    sign_in(user=member)
    operator.post(reverse("admin:auth_user_delete", args=[member.pk]), {"post": "yes"})
    assert not get_user_model().objects.filter(pk=member.pk).exists()
    assert not DataKey.objects.exists()
