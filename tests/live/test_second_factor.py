"""The second factor on the real site, with two processes: each code opens one session, whoever sends it when."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from tests.live.faults import WHOLE
from tests.live.site import TWO_WORKERS, Site, prepared_site
from tests.neo_cli.command import Neo
from tests.neo_cli.terminal import Terminal
from tests.neo_site.accounts.factors import KEY, code

# Each hashes a password, for a tenth of a second of a core.
MANY = 20 if WHOLE else 8
# In one process: each takes a second to start.
ADD_FACTORS = f"""
from django.contrib.auth import get_user_model
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
users = get_user_model().objects
for name in ("admin", "member"):
    TOTP.activate(users.get(username=name), {KEY!r})
print(*RecoveryCodes.activate(users.get(username="member")).get_unused_codes())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = prepared_site(tmp_path_factory.mktemp("factor") / "data", **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


@pytest.fixture(scope="module")
def recovery(site: Site) -> list[str]:
    """The recovery codes of `member`, who has an application too. Each test takes its own."""
    return site.manage("shell", "--no-imports", "--command", ADD_FACTORS).split()


def statuses_of_many_at_once(site: Site, name: str, sent: str) -> list[int]:
    credentials = {"username": name, "password": site.demo["passwords"][name], "code": sent}
    ready = Barrier(MANY)

    def ask(_: int) -> int:
        with httpx.Client(base_url=site.url, timeout=60) as client:
            client.get("/livez")
            ready.wait()
            return client.post("/api/v1/auth/token", json=credentials).status_code

    with ThreadPoolExecutor(MANY) as threads:
        return sorted(threads.map(ask, range(MANY)))


def test_of_many_at_once_one_signs_in(site: Site, recovery: list[str]) -> None:
    for sent in (code(), recovery.pop()):
        assert statuses_of_many_at_once(site, "member", sent) == [200] + [401] * (MANY - 1)
    assert KEY not in site.output.read_text()


def test_neo_login_asks_for_the_code(site: Site, recovery: list[str], tmp_path: Path) -> None:
    neo, password = Neo(site, tmp_path / "neo"), site.demo["passwords"]["member"]
    with Terminal(neo, "login", "--server", site.url, "-u", "member") as terminal:
        terminal.wait_for("Password (not shown): ")
        terminal.press(f"{password}\n".encode())
        terminal.wait_for("Code of your second factor: ")
        terminal.press(b"000000\n")
        terminal.wait_for("Another code: wait for the next one: ")
        terminal.press(f"{recovery.pop()}\n".encode())
        terminal.wait_for(f"Logged in at {site.url} as member.")
        assert terminal.wait() == 0
    arguments = ("login", "--server", site.url, "-u", "member", "--password-stdin")
    assert neo(*arguments, stdin=f"{password}\n{recovery.pop()}\n").code == 0
    refused = neo(*arguments, stdin=password)
    assert (refused.code, "second_factor_required" in refused.err) == (77, True)
    assert "Send the code on a second line of stdin." in refused.err
