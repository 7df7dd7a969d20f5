"""The fixtures of the cases. A site overrides `neo_tenancy`; the others follow from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from secrets_app.testing.tenancy import Tenancy

pytest.register_assert_rewrite("secrets_app.testing.conformance")


@pytest.fixture
def neo_tenancy() -> Tenancy:
    """How this site makes users and projects. The site defines it."""
    raise NotImplementedError(
        "Define a fixture neo_tenancy that returns your secrets_app.testing.tenancy.Tenancy. "
        "A site that has installed projects returns projects.testing.ProjectsTenancy()."
    )


@pytest.fixture
def neo_project(db: None, neo_tenancy: Tenancy) -> UUID:
    """The project that the cast belongs to."""
    return neo_tenancy.make_project()


@pytest.fixture
def neo_other_project(db: None, neo_tenancy: Tenancy) -> UUID:
    """Another project: `neo_stranger` is its admin, and nobody else belongs to it."""
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
    """Admin of another project; nothing to `neo_project`."""
    user = neo_tenancy.make_user("stranger")
    neo_tenancy.set_role(user, neo_other_project, "admin")
    return user


@pytest.fixture
def neo_exmember(neo_tenancy: Tenancy, neo_project: UUID) -> Any:
    """Was a member until a moment ago."""
    user = neo_tenancy.make_user("exmember")
    neo_tenancy.set_role(user, neo_project, "member")
    neo_tenancy.set_role(user, neo_project, None)
    return user


def _joined(tenancy: Tenancy, role: str, project_id: UUID) -> Any:
    user = tenancy.make_user(role)
    tenancy.set_role(user, project_id, role)
    return user
