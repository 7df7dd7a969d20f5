import pytest

from projects.testing import ProjectsTenancy
from secrets_app.testing.plugin import (  # noqa: F401  (fixtures)
    neo_admin,
    neo_exmember,
    neo_member,
    neo_other_project,
    neo_project,
    neo_stranger,
    neo_url_values,
    neo_viewer,
)


@pytest.fixture
def neo_tenancy() -> ProjectsTenancy:
    return ProjectsTenancy()
