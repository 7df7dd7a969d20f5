"""The real site, and `neo` for each of its users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.conftest import site
from tests.live.site import Site
from tests.neo_cli.command import Neo

__all__ = ["site"]

NeoOf = Callable[[str], Neo]


@pytest.fixture(scope="module")
def neo_of(site: Site, tmp_path_factory: pytest.TempPathFactory) -> NeoOf:
    """`neo_of("member")` is the `neo` of that user, who logs in once for each file of tests."""
    known: dict[str, Neo] = {}

    def of(username: str) -> Neo:
        if username not in known:
            known[username] = Neo(site, tmp_path_factory.mktemp(username)).log_in(username)
        return known[username]

    return of


@pytest.fixture(scope="module")
def neo(neo_of: NeoOf) -> Neo:
    """The `neo` of member."""
    return neo_of("member")


@pytest.fixture
def fresh(site: Site, tmp_path: Path) -> Neo:
    """A `neo` that nobody has logged in with."""
    return Neo(site, tmp_path / "neo")
