"""Fixtures: the real site, and the `neo` of each of its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.conftest import site
from tests.live.site import Site
from tests.neo_cli.command import NO_KEYRING, Neo

__all__ = ["site"]

TOKEN = "ghp_0123456789abcdefwxyz"
PEM = "-----BEGIN TEST KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASC\nx8cYc0Mq2nT5vWzK\n-----END TEST KEY-----\n"

NeoOf = Callable[[str], Neo]


@pytest.fixture(autouse=True, scope="session")
def _no_keyring() -> Iterator[None]:
    """Leave the keyring of whoever runs the tests alone: the library looks for one when it is first asked."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in NO_KEYRING.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def neo_of(site: Site, tmp_path_factory: pytest.TempPathFactory) -> NeoOf:
    """Return a function: `neo_of("member")` is the `neo` of that user, logged in once for each test module."""
    known: dict[str, Neo] = {}

    def of(username: str) -> Neo:
        if username not in known:
            known[username] = Neo(site, tmp_path_factory.mktemp(username)).log_in(username)
        return known[username]

    return of


@pytest.fixture(scope="module")
def neo(neo_of: NeoOf) -> Neo:
    """Return the `neo` of the user `member`."""
    return neo_of("member")


@pytest.fixture(scope="session")
def runner(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Neo:
    """Return the `neo` of a user with GITHUB_TOKEN, a default secret, and with DEPLOY_KEY and PIN, to be selected."""
    site.add_users("runner")
    neo = Neo(site, tmp_path_factory.mktemp("runner")).log_in("runner")
    for name, value, options in (("GITHUB_TOKEN", TOKEN, ["--default"]), ("DEPLOY_KEY", PEM, []), ("PIN", "4711", [])):
        assert neo("secrets", "set", name, "--stdin", *options, stdin=value).code == 0
    return neo


@pytest.fixture
def fresh(site: Site, tmp_path: Path) -> Neo:
    """Return a `neo` without a login."""
    return Neo(site, tmp_path / "neo")
