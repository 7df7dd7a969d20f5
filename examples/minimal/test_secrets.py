"""The conformance tests: this site keeps what secrets_app promises."""

from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)
