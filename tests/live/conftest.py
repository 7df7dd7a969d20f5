"""The site that these tests talk to over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.live.faults import Figure
from tests.live.site import TWO_WORKERS, Site, prepared_site

# Longer than any test here, so that a user signs in once, also to create service tokens.
LONG_SECONDS = "3600"

# The client's own chatter would fill the report of any failure.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@pytest.fixture
def figure(record_property: Figure) -> Figure:
    return record_property


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the faults."""
    figures = [each for report in terminalreporter.getreports("passed") for each in report.user_properties]
    for subject, measured in figures:
        terminalreporter.write_line(f"{subject}: {measured}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real site with the demo's users, shared by all tests; each makes the users it needs for itself."""
    directory = tmp_path_factory.mktemp("site") / "data"
    settings = {"NEO_ACCESS_TOKEN_SECONDS": LONG_SECONDS, "NEO_SIGN_IN_AGE_SECONDS": LONG_SECONDS}
    site = prepared_site(directory, **settings, **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()
