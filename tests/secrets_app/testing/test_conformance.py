"""The conformance tests, run against `projects`."""

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)
