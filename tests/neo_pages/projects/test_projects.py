"""The pages of projects: create, change, leave and delete one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from neo_base.access.actors import Actor
from projects.models import Membership, Project
from secrets_app.actions.secrets import update_secret
from secrets_app.plaintext import Plaintext
from tests.cast import make_project, make_secret
from tests.neo_pages.people import at_the_pages, text_of
from tests.secrets_app.task import MakeTask

pytestmark = pytest.mark.once

PROJECTS = reverse("neo_pages:projects")


def page(name: str, project: Project, *more: Any) -> str:
    return reverse(f"neo_pages:{name}", args=[project.pk, *more])


def test_a_new_project_has_its_creator_as_admin(stranger: Any) -> None:
    answer = at_the_pages(stranger).post(PROJECTS, {"name": "Robots"}, follow=True)
    project = Project.objects.get()
    assert answer.redirect_chain == [(page("project_members", project), 302)]
    assert (project.name, project.memberships.get().user) == ("Robots", stranger)
    assert "Robots is created." in text_of(answer)


def test_name_tags_and_notes_are_kept_as_typed(admin: Any, project: Project) -> None:
    sent = {"name": "Rockets", "tags": "ci, prod", "settings_md": "# Rules\r\nNo values here."}
    at_the_pages(admin).post(page("project_settings", project), sent)
    project.refresh_from_db()
    assert (project.name, project.tags) == ("Rockets", ["ci", "prod"])
    assert project.settings_md == "# Rules\nNo values here."


@pytest.mark.parametrize("sent", [{"name": ""}, {"name": "A", "tags": "x" * 33}, {"name": "A\x1bB"}])
def test_what_the_api_refuses_is_refused_here(admin: Any, project: Project, sent: dict[str, str]) -> None:
    answer = at_the_pages(admin).post(page("project_settings", project), sent)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Project.objects.get().name == "Alpha"


def test_deletion_tells_by_number_what_is_lost_and_asks_for_the_name(
    admin: Any, member: Any, project: Project, make_task: MakeTask
) -> None:
    secret = make_secret(member, project_id=project.pk)
    update_secret(actor=Actor.from_user(member), secret_id=secret.pk, value=Plaintext("another"))
    make_secret(member, name="SECOND", project_id=project.pk)
    make_task(member, "TOKEN", project_id=project.pk)
    client, address = at_the_pages(admin), page("project_delete", project)
    asked = text_of(client.get(address))
    for told in ("2 secrets, with 1 former version", "the access of 3 members", "1 task that", "0 service tokens"):
        assert told in asked
    assert client.post(address, {"name": "Beta"}).status_code == 200
    assert client.post(address, {"name": "Alpha"}).headers["Location"] == PROJECTS
    assert not Project.objects.exists()


def test_the_last_admin_is_told_why_they_cannot_leave(admin: Any, project: Project) -> None:
    answer = at_the_pages(admin).post(page("project_leave", project), follow=True)
    assert "Make another member admin first." in text_of(answer)
    assert Membership.objects.filter(user=admin).exists()


def test_a_member_leaves(member: Any, project: Project) -> None:
    answer = at_the_pages(member).post(page("project_leave", project), follow=True)
    assert "You have left Alpha." in text_of(answer)
    assert not Membership.objects.filter(user=member).exists()


def test_a_member_sees_settings_without_a_form(member: Any, project: Project) -> None:
    shown = at_the_pages(member).get(page("project_settings", project)).content.decode()
    assert 'name="settings_md"' not in shown
    assert reverse("neo_pages:project_delete", args=[project.pk]) not in shown


@pytest.mark.parametrize("number", [3, 30])
def test_statements_do_not_grow_with_projects_and_members(
    number: int, admin: Any, make_users: Any, django_assert_num_queries: Any
) -> None:
    projects = [make_project(admin, name=f"Project {index}") for index in range(number)]
    for user in make_users(number):
        projects[0].memberships.create(user=user, role="viewer")
    client = at_the_pages(admin)
    for address, statements in ((PROJECTS, 4), (page("project_members", projects[0]), 7)):
        with django_assert_num_queries(statements):
            client.get(address)
