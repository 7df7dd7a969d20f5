"""Operators rename secrets and move them to projects, by the rules of the action that the API has for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from neo_base.access.actors import Actor
from neo_base.access.errors import RoleTooLow
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.moves import edit_secret
from secrets_app.models import AuditEvent, Secret
from secrets_app.owners import Owner
from tests.cast import CANARY, make_project, make_secret

pytestmark = pytest.mark.once


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def move(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_move", args=[secret.pk])


def change(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_change", args=[secret.pk])


def test_the_page_of_a_secret_leads_to_renaming_and_moving(operator: Client, member: Any, project: Project) -> None:
    secret = make_secret(member, value=CANARY, project_id=project.pk)
    assert f'href="{move(secret)}"' in operator.get(change(secret)).text
    page = operator.get(move(secret))
    assert 'name="name" value="TOKEN"' in page.text
    assert CANARY not in page.text


def test_a_rename_is_audited(operator: Client, superuser: Any, member: Any) -> None:
    secret = make_secret(member)
    answer = operator.post(move(secret), {"name": "OTHER"}, follow=True)
    secret.refresh_from_db()
    assert (secret.name, secret.user) == ("OTHER", member)
    assert "The secret is OTHER now." in answer.text
    event = AuditEvent.objects.get(event="secret.updated")
    assert (event.actor_kind, event.actor_id, event.data["former_name"]) == ("staff", str(superuser.pk), "TOKEN")


def test_a_move_between_projects_seals_anew_and_is_in_both_logs(
    operator: Client, member: Any, admin: Any, project: Project
) -> None:
    other = make_project(admin, name="Beta")
    secret = make_secret(member, value=CANARY, project_id=project.pk)
    operator.post(move(secret), {"name": "TOKEN", "project": str(other.pk)})
    moved = Secret.objects.get()
    assert (moved.project, vault.open_value(moved).reveal()) == (other, CANARY)
    assert moved.data_key_id != secret.data_key_id
    told = AuditEvent.objects.filter(actor_kind="staff", subject_id=str(secret.pk)).order_by("event")
    assert list(told.values_list("event", "project_id")) == [
        ("secret.arrived", other.pk),
        ("secret.departed", project.pk),
    ]


def test_an_operators_own_secret_moves_to_a_project(operator: Client, superuser: Any, project: Project) -> None:
    secret = make_secret(superuser)
    operator.post(move(secret), {"name": "TOKEN", "project": str(project.pk)})
    assert Secret.objects.get().project == project


def test_nobody_elses_personal_secret_is_taken_away(
    operator: Client, superuser: Any, member: Any, project: Project
) -> None:
    secret = make_secret(member)
    assert "you may not move it" in operator.get(move(secret)).text
    operator.post(move(secret), {"name": "TOKEN", "project": str(project.pk)})
    assert Secret.objects.get().user == member
    with pytest.raises(RoleTooLow):
        edit_secret(actor=Actor.from_staff(superuser), secret_id=secret.pk, owner=Owner(project_id=project.pk))


@pytest.mark.parametrize("sent", [{"name": "lower case"}, {"name": "OTHER", "project": ""}, {"name": "TAKEN"}])
def test_what_does_not_go_is_said_in_the_form(
    operator: Client, member: Any, project: Project, sent: dict[str, str]
) -> None:
    secret = make_secret(member, project_id=project.pk)
    make_secret(member, name="TAKEN", project_id=project.pk)
    page = operator.post(move(secret), {"project": str(project.pk)} | sent)
    assert "errorlist" in page.text
    assert set(Secret.objects.values_list("name", "project")) == {("TOKEN", project.pk), ("TAKEN", project.pk)}


def test_a_taken_personal_name_is_refused_with_a_message(operator: Client, member: Any) -> None:
    secret = make_secret(member)
    make_secret(member, name="TAKEN")
    answer = operator.post(move(secret), {"name": "TAKEN"}, follow=True)
    assert "This owner already has a secret with this name" in answer.text
    assert Secret.objects.filter(pk=secret.pk, name="TOKEN").exists()


MAY_CHANGE = ("view_secret", "change_secret", "view_project")
MAY_MOVE = (*MAY_CHANGE, "delete_secret", "add_secret", "add_taskgrant")


@pytest.mark.parametrize(
    ("codenames", "is_offered", "name"),
    [(MAY_CHANGE, False, "Alpha"), (MAY_MOVE[:-1], False, "Alpha"), (MAY_MOVE, True, "Beta")],
)
def test_a_move_takes_more_permissions_than_a_rename(
    client: Client,
    staff: Any,
    member: Any,
    admin: Any,
    project: Project,
    codenames: tuple[str, ...],
    is_offered: bool,
    name: str,
) -> None:
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff)
    other = make_project(admin, name="Beta")
    secret = make_secret(member, project_id=project.pk)
    assert ('name="project"' in client.get(move(secret)).text) is is_offered
    client.post(move(secret), {"name": "OTHER", "project": str(other.pk)})
    secret.refresh_from_db()
    assert (secret.name, secret.project and secret.project.name) == ("OTHER", name)


def test_who_may_only_view_gets_no_page(client: Client, staff: Any, member: Any, project: Project) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_secret"))
    client.force_login(staff)
    secret = make_secret(member, project_id=project.pk)
    assert "/move/" not in client.get(change(secret)).text
    assert (client.get(move(secret)).status_code, client.post(move(secret), {"name": "X"}).status_code) == (403, 403)
    assert client.get(move(secret).replace(str(secret.pk), "none")).status_code in (403, 404)
