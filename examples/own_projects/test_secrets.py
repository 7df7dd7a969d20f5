"""The conformance tests: this site keeps what secrets_app promises."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from projects.models import Collaborator, Project
from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)


class StudioTenancy:
    def make_user(self, name: str) -> User:
        return User.objects.create_user(name)

    def make_project(self) -> UUID:
        return Project.objects.create(title="Alpha").id

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        Collaborator.objects.filter(user=user, project_id=project_id).delete()
        if role is not None:
            rights = {"may_edit": role == "member", "leads": role == "admin"}
            Collaborator.objects.create(user=user, project_id=project_id, **rights)

    def delete_project(self, project_id: UUID) -> None:
        Project.objects.get(id=project_id).delete()


@pytest.fixture
def neo_tenancy() -> StudioTenancy:
    return StudioTenancy()
