"""The conformance tests once more, with a mirror for each team: pytest --ds club.settings_mirrored test_mirrored.py"""

from uuid import UUID

import pytest
from django.core.management import call_command
from teams.models import Team
from test_secrets import TeamTenancy

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)


class MirrorTenancy(TeamTenancy):
    def make_project(self) -> UUID:
        return Team.objects.create(name="Alpha").mirror.id

    def team(self, project_id: UUID) -> Team:
        return Team.objects.get(mirror=project_id)


@pytest.fixture
def neo_tenancy() -> MirrorTenancy:
    return MirrorTenancy()


def test_nothing_is_to_be_mended(db: None) -> None:
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", check_changes=True, dry_run=True)
