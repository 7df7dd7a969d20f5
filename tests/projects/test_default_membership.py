"""The membership policy of a site that uses this app's projects."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from projects.models import Project
from projects.policies import DefaultMembershipPolicy
from tests.cast import make_project


def test_the_projects_of_a_user_are_the_ids_of_those_he_belongs_to(project: Project, admin: Any, stranger: Any) -> None:
    policy, other = DefaultMembershipPolicy(), make_project(admin, name="Beta")
    make_project(stranger, name="Gamma")
    assert sorted(policy.project_ids(admin)) == sorted([project.id, other.id])


def test_who_belongs_to_nothing_has_no_projects(project: Project, stranger: Any) -> None:
    assert list(DefaultMembershipPolicy().project_ids(stranger)) == []


def test_a_user_has_a_role_where_he_belongs_and_none_elsewhere(project: Project, viewer: Any, stranger: Any) -> None:
    policy = DefaultMembershipPolicy()
    assert policy.role(viewer, project.id) == "viewer"
    assert policy.role(stranger, project.id) is None
    assert policy.role(viewer, uuid4()) is None
