"""The conformance tests: this site keeps what secrets_app promises, with teams known by their UUID column."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from teams.models import Place, Team
from teams.policy import ROLES

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)


class TeamTenancy:
    def make_user(self, name: str) -> User:
        return User.objects.create_user(name)

    def make_project(self) -> UUID:
        return Team.objects.create(name="Alpha").code

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        team = self.team(project_id)
        Place.objects.filter(user=user, team=team).delete()
        for rank in (rank for rank, name in ROLES.items() if name == role):
            Place.objects.create(user=user, team=team, rank=rank)

    def delete_project(self, project_id: UUID) -> None:
        self.team(project_id).delete()

    def team(self, project_id: UUID) -> Team:
        return Team.objects.get(code=project_id)


@pytest.fixture
def neo_tenancy() -> TeamTenancy:
    return TeamTenancy()
