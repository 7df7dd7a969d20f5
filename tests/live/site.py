"""The real site as a process of its own: keys, database, server, all in one directory."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests import shared
from tests.live import forks
from tests.live.databases import copy_of, new_database
from tests.live.forks import ROOT as ROOT

# Time for a start on a busy machine; the usual one takes two seconds.
PATIENCE_SECONDS = 180
# One for all clients: making one takes longer than most requests do, and nothing here uses it.
NO_TLS = ssl.create_default_context()
SERVER = ("-m", "neo_site.serve")
# For tests of what several processes do: the usual one starts sooner.
TWO_WORKERS = {"NEO_WORKERS": "2"}

# Tests fire more requests than people do; those of limits set their own.
UNLIMITED = dict.fromkeys(
    (
        *("NEO_THROTTLE_USER", "NEO_THROTTLE_TOKEN", "NEO_THROTTLE_ADDRESS"),
        *("NEO_SIGN_IN_NAME_FAILURES", "NEO_SIGN_IN_ADDRESS_FAILURES"),
    ),
    "off",
)

# One process: each takes a second to start.
PREPARE = """
import os, sys
from neo_site import keys, startup
keys.main()
os.environ["DJANGO_SETTINGS_MODULE"] = "neo_site.settings"
startup.load_settings()
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo", base_url=sys.argv[2], no_secrets=True)
"""
ADD_USERS = """
import json
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
names, password = json.loads({people!r})
User, hashed = get_user_model(), make_password(password)
User.objects.bulk_create([User(username=name, email=name + "@example.com", password=hashed) for name in names])
"""


def environment(directory: Path, **settings: str) -> dict[str, str]:
    """This process's environment without any setting of the site, and `settings` instead."""
    ours = ("NEO_", "DATABASE_URL", "CACHE_URL", "DJANGO_", "PYTEST_", "GRANIAN_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {"NEO_DATA_DIR": str(directory)} | settings


class Site:
    """A site on a port of the loopback interface that is its own from the beginning to `stop`."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self.environment = environment(directory, **{"NEO_PROFILE": "development"} | UNLIMITED | settings)
        self.output = directory.parent / f"{directory.name}.output"
        self._reservation, port = reserve_port()
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {"NEO_BIND": f"127.0.0.1:{port}", "NEO_WORKERS": "1"} | self.environment
        self.process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, dict[str, str]] = {}
        self._passwords: dict[str, str] = {}

    def prepare(self) -> None:
        """Keys, tables and the demo's users and project."""
        self.python("-c", PREPARE, str(self.directory), self.url)

    @cached_property
    def demo(self) -> dict[str, Any]:
        """Passwords by user name, and the id of the project."""
        demo: dict[str, Any] = json.loads((self.directory / "demo.json").read_text())
        return demo

    def add_users(self, *names: str) -> None:
        password = "a password for all of these"
        people = json.dumps([names, password])
        self.manage("shell", "--no-imports", "--command", ADD_USERS.format(people=people))
        self._passwords |= dict.fromkeys(names, password)

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the settings of this site; return how it ended and what it wrote."""
        return forks.run(arguments, self.environment)

    def python(self, *arguments: str) -> str:
        answer = self.attempt(*arguments)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def start(self, *, wait_for: str = "/readyz", **how: Any) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *SERVER],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.wait_for(wait_for, **how)

    def wait_for(self, path: str, *, transport: httpx.BaseTransport | None = None, **how: Any) -> None:
        """Return when `path` answers 200; `how` is what httpx takes beside the address."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()
            try:
                with httpx.Client(timeout=5, verify=NO_TLS, transport=transport) as client:
                    if client.get(self.url + path, **how).status_code == 200:
                        return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{path} did not answer 200.\n{self.output.read_text()}")

    def stop(self) -> int:
        """End the server as an operator does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=300)
        finally:
            self.process.kill()
            self._reservation.close()

    def worker_pids(self, *, place: str = r"\d+") -> list[int]:
        """In the order in which they were started; the server logs them. `place` is a pattern for their numbers."""
        return [int(pid) for pid in re.findall(rf"worker\.started number={place} pid=(\d+)", self.output.read_text())]

    def password_of(self, username: str) -> str:
        return self._passwords.get(username) or str(self.demo["passwords"][username])

    def sign_in(self, username: str) -> dict[str, str]:
        """A new pair of tokens."""
        credentials = {"username": username, "password": self.password_of(username)}
        answer = httpx.post(f"{self.url}/api/v1/auth/token", json=credentials, timeout=30, verify=NO_TLS)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens

    def headers(self, username: str) -> dict[str, str]:
        """The Authorization header of a user, who signs in once."""
        if username not in self._tokens:
            self._tokens[username] = self.sign_in(username)
        return {"Authorization": f"Bearer {self._tokens[username]['access']}"}

    def client(self, username: str) -> httpx.Client:
        """A client with a connection of its own, signed in."""
        return httpx.Client(base_url=self.url, headers=self.headers(username), timeout=30, verify=NO_TLS)


def prepared_site(directory: Path, **settings: str) -> Site:
    """Return a site that only has to be started, as `Site.prepare` leaves it with `settings` that change no table.

    It copies one that is prepared once, on PostgreSQL by one process for all.
    """
    _, original = _original()
    shutil.copytree(original.directory, directory)
    return Site(directory, **copy_of(original.environment) | settings)


@cache
def _original() -> tuple[TemporaryDirectory[str], Site]:
    """The site that is copied, and what deletes its files when the process ends."""
    directory = TemporaryDirectory(prefix="neo-prepared-site-")
    data = Path(directory.name) / "data"
    if not shared.IS_SHARED:
        return directory, _new_site(data)
    with shared.one_at_a_time("site"):
        if shared.is_dumped("site"):
            shutil.copytree(shared.DIRECTORY / "site", data)
            site = Site(data, DATABASE_URL=shared.address(shared.load("site")))
        else:
            site = _new_site(data)
            shutil.copytree(data, shared.DIRECTORY / "site")
            shared.dump("site", urlsplit(site.environment["DATABASE_URL"]).path[1:])
    return directory, site


def _new_site(data: Path) -> Site:
    site = Site(data, **new_database())
    site.prepare()
    return site


def reserve_port() -> tuple[socket.socket, int]:
    """A port that stays ours while the socket lives. It does not listen, so connections go to the server or nowhere."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    return holder, port
