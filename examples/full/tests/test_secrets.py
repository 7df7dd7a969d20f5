"""The conformance tests: this site keeps what secrets_app promises."""

from typing import Any
from uuid import UUID

import pytest
from accounts.models import Person
from workspaces.models import Seat, Workspace
from workspaces.policy import ROLES

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)


class OfficeTenancy:
    def make_user(self, name: str) -> Person:
        return Person.objects.create_user(f"{name}@example.com")

    def make_project(self) -> UUID:
        return Workspace.objects.create(title="Alpha").key

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        Seat.objects.filter(person=user, workspace_id=project_id).delete()
        for level in (level for level, name in ROLES.items() if name == role):
            Seat.objects.create(person=user, workspace_id=project_id, level=level)

    def delete_project(self, project_id: UUID) -> None:
        Workspace.objects.get(key=project_id).delete()


@pytest.fixture
def neo_tenancy() -> OfficeTenancy:
    return OfficeTenancy()
