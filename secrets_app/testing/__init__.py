"""Conformance tests: they prove that a site's project model and membership policy keep what secrets_app promises.

    # conftest.py, at the root of the site's tests
    pytest_plugins = ["secrets_app.testing.plugin"]

    # test_secrets.py
    from secrets_app.testing.conformance import *  # the test cases

    @pytest.fixture
    def neo_tenancy():
        return OfficeTenancy()  # see `secrets_app.testing.tenancy.Tenancy`

Needs pytest and pytest-django. `docs/plugging-in.md` has a worked example.
"""
