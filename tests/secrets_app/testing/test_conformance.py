"""Our own policy conforms."""

from secrets_app.testing.conformance import *  # noqa: F403  (the cases)
