import minimal  # noqa: F401  (the settings)
import pytest

pytest_plugins = ["secrets_app.testing.plugin"]


@pytest.fixture
def neo_tenancy():
    from projects.testing import ProjectsTenancy

    return ProjectsTenancy()
