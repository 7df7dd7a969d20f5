"""The conformance tests, run against `projects`."""

import pytest

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)

pytestmark = pytest.mark.once
