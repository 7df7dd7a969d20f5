"""The real site, and `neo` for each of its users."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.conftest import site
from tests.live.site import Site
from tests.neo_cli.command import Neo

__all__ = ["site"]

TOKEN = "ghp_0123456789abcdefwxyz"
PEM = "-----BEGIN TEST KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASC\nx8cYc0Mq2nT5vWzK\n-----END TEST KEY-----\n"

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


@pytest.fixture(scope="session")
def runner(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Neo:
    """That of a user with GITHUB_TOKEN, which every task gets, and DEPLOY_KEY and PIN, which are to be selected."""
    site.add_users("runner")
    neo = Neo(site, tmp_path_factory.mktemp("runner")).log_in("runner")
    for name, value, options in (("GITHUB_TOKEN", TOKEN, ["--default"]), ("DEPLOY_KEY", PEM, []), ("PIN", "4711", [])):
        assert neo("secrets", "set", name, "--stdin", *options, stdin=value).code == 0
    return neo


@pytest.fixture
def fresh(site: Site, tmp_path: Path) -> Neo:
    """A `neo` that nobody has logged in with."""
    return Neo(site, tmp_path / "neo")
