"""Membership and role are read at each request, whatever token the user holds."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import add_member, change_role, remove_member
from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_project, make_secret
from tests.contract import SECRETS, assert_problem


@pytest.fixture
def secret(project: Project, admin: Any) -> Secret:
    """Return a secret of `project`."""
    return make_secret(admin, project_id=project.id)


def test_a_removed_member_is_out_at_the_next_request(
    api: Api, admin: Any, member: Any, project: Project, secret: Secret
) -> None:
    client = api(member)
    assert client.get(f"{SECRETS}/{secret.id}").status_code == 200
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    body = {"name": "NEW", "value": CANARY, "project_id": str(project.id)}
    assert_problem(client.get(f"{SECRETS}?project_id={project.id}"), 403, "membership_required")
    assert_problem(client.post(SECRETS, body), 403, "membership_required")
    assert_problem(client.post(f"{SECRETS}/batch", {"secrets": [body]}), 403, "membership_required")
    assert_problem(client.get(f"{SECRETS}/{secret.id}"), 404, "not_found")
    assert_problem(client.patch(f"{SECRETS}/{secret.id}", {"value": CANARY}), 404, "not_found")
    assert_problem(client.delete(f"{SECRETS}/{secret.id}"), 404, "not_found")
    assert_problem(client.get(f"{SECRETS}/{secret.id}/versions"), 404, "not_found")
    assert_problem(client.post(f"{SECRETS}/{secret.id}/versions/1/restore"), 404, "not_found")


def test_who_made_a_secret_of_the_project_keeps_nothing_of_it(
    api: Api, admin: Any, member: Any, project: Project
) -> None:
    secret = make_secret(member, project_id=project.id)
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    assert_problem(api(member).get(f"{SECRETS}/{secret.id}"), 404, "not_found")
    assert api(admin).get(f"{SECRETS}/{secret.id}").status_code == 200


def test_a_removed_member_keeps_what_is_elsewhere(
    api: Api, admin: Any, member: Any, stranger: Any, project: Project
) -> None:
    elsewhere = make_project(stranger, member=Role.MEMBER)
    kept = [make_secret(member), make_secret(member, project_id=elsewhere.id)]
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    client = api(member)
    assert [client.get(f"{SECRETS}/{secret.id}").status_code for secret in kept] == [200, 200]
    assert client.get(SECRETS).json()["count"] == 1
    assert client.get(f"{SECRETS}?project_id={elsewhere.id}").json()["count"] == 1


def test_a_lowered_role_counts_at_the_next_request(
    api: Api, admin: Any, member: Any, project: Project, secret: Secret
) -> None:
    client, address = api(member), f"{SECRETS}/{secret.id}"
    assert client.patch(address, {"description": "by a member"}).status_code == 200
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.VIEWER)
    assert_problem(client.patch(address, {"description": "by a viewer"}), 403, "role_too_low")
    assert client.get(address).json()["description"] == "by a member"


def test_a_raised_role_counts_at_the_next_request(
    api: Api, admin: Any, viewer: Any, project: Project, secret: Secret
) -> None:
    client, address = api(viewer), f"{SECRETS}/{secret.id}"
    assert_problem(client.delete(address), 403, "role_too_low")
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=viewer.pk, role=Role.MEMBER)
    assert client.delete(address).status_code == 204


def test_a_new_member_is_in_at_the_next_request(
    api: Api, admin: Any, stranger: Any, project: Project, secret: Secret
) -> None:
    client = api(stranger)
    assert_problem(client.get(f"{SECRETS}/{secret.id}"), 404, "not_found")
    add_member(actor=Actor.from_user(admin), project_id=project.id, username="stranger", role=Role.VIEWER)
    assert client.get(f"{SECRETS}/{secret.id}").status_code == 200
