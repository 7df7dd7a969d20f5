"""The permission class of the projects API: how it answers a refusal of the policy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from neo_base.access.actors import Actor
from neo_base.access.errors import NotAMember
from neo_base.rest.errors import Missing
from projects.api.permissions import ProjectPermission
from projects.models import Project
from projects.policies import Permission
from tests.refusals import refusal_of

pytestmark = pytest.mark.once


def asked(user: Any, permission: Permission, **kwargs: UUID) -> type | None:
    view: Any = SimpleNamespace(actor=Actor.from_user(user), required_permission=permission, kwargs=kwargs)
    request: Any = None
    return refusal_of(ProjectPermission().has_permission, request, view)


@pytest.mark.parametrize("permission", [Permission.PROJECT_VIEW, Permission.PROJECT_DELETE])
def test_a_project_of_others_is_not_found(permission: Permission, project: Project, stranger: Any) -> None:
    assert asked(stranger, permission, project_id=project.id) is Missing
    assert asked(stranger, permission, project_id=uuid4()) is Missing


def test_a_route_without_project_refuses_project_permissions(admin: Any) -> None:
    assert asked(admin, Permission.PROJECT_VIEW) is NotAMember
