"""The fixtures of the conformance tests. A site defines `neo_tenancy`; the others are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from secrets_app.testing.tenancy import Tenancy, new_user

pytest.register_assert_rewrite("secrets_app.testing.conformance")


@pytest.fixture
def neo_tenancy() -> Tenancy:
    """Return the means to make users and projects of this site. The site overrides this fixture."""
    raise NotImplementedError(
        "Define a fixture neo_tenancy that returns your secrets_app.testing.tenancy.Tenancy. "
        "A site that has installed `projects` returns projects.testing.ProjectsTenancy()."
    )


@pytest.fixture
def neo_url_values() -> Mapping[str, str]:
    """Return values for URL arguments by name. A site overrides this if its patterns take no values that we make up."""
    return {}


@pytest.fixture
def neo_project(db: None, neo_tenancy: Tenancy) -> UUID:
    """Return the id of the project whose members are `neo_admin`, `neo_member` and `neo_viewer`."""
    return neo_tenancy.make_project()


@pytest.fixture
def neo_other_project(db: None, neo_tenancy: Tenancy) -> UUID:
    """Return the id of another project, whose only member is its admin, `neo_stranger`."""
    return neo_tenancy.make_project()


@pytest.fixture
def neo_admin(neo_tenancy: Tenancy, neo_project: UUID) -> Any:
    return _joined(neo_tenancy, "admin", neo_project)


@pytest.fixture
def neo_member(neo_tenancy: Tenancy, neo_project: UUID) -> Any:
    return _joined(neo_tenancy, "member", neo_project)


@pytest.fixture
def neo_viewer(neo_tenancy: Tenancy, neo_project: UUID) -> Any:
    return _joined(neo_tenancy, "viewer", neo_project)


@pytest.fixture
def neo_stranger(neo_tenancy: Tenancy, neo_other_project: UUID) -> Any:
    """Return the admin of another project, who has no role in `neo_project`."""
    user = new_user(neo_tenancy, "stranger")
    neo_tenancy.set_role(user, neo_other_project, "admin")
    return user


@pytest.fixture
def neo_exmember(neo_tenancy: Tenancy, neo_project: UUID) -> Any:
    """Return a user who was a member of `neo_project` and has been removed."""
    user = new_user(neo_tenancy, "exmember")
    neo_tenancy.set_role(user, neo_project, "member")
    neo_tenancy.set_role(user, neo_project, None)
    return user


def _joined(tenancy: Tenancy, role: str, project_id: UUID) -> Any:
    user = new_user(tenancy, role)
    tenancy.set_role(user, project_id, role)
    return user
