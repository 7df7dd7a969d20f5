"""Both wheels in an empty environment: every command of docs/plugging-in.md, then the example site in one file."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.packaging.conftest import ROOT, Distributions
from tests.packaging.environment import PATIENCE_SECONDS, Environment, clean_environment, example

pytestmark = pytest.mark.once

PAGE = ROOT / "docs" / "plugging-in.md"
# A block, and the file that the sentence before it names.
BLOCK = re.compile(r"([^\n]*)\n\n```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORT = "8000"


class Site(NamedTuple):
    folder: Path
    output: str

    @property
    def environment(self) -> Environment:
        return Environment(self.folder / "venv")


def script(page: str, port: int) -> str:
    """The page as one shell script: commands as they are, and files written where the text says so."""
    lines = ["set -euo pipefail"]
    for sentence, language, content in BLOCK.findall(page):
        if language == "sh":
            lines.append(content)
            continue
        name = re.findall(r"`([\w/]+\.py)`", sentence)[0]
        lines.append(f"cat >> {name} << 'END_OF_BLOCK'\n{content}END_OF_BLOCK")
    return "\n".join(lines).replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{port}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def site(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An empty folder in which every command of the page has been run."""
    folder = tmp_path_factory.mktemp("plugged-in")
    page = script(PAGE.read_text(encoding="utf-8"), free_port())
    wheels = {"WHEEL": str(distributions.wheel), "PROJECTS_WHEEL": str(distributions.projects_wheel)}
    # Most of what pip installs is never imported, and Python compiles what is.
    without_compiling = {"PIP_COMPILE": "no"}
    process = subprocess.Popen(
        ["bash", "-c", page],
        cwd=folder,
        env=clean_environment() | wheels | without_compiling,
        stdout=(folder / "output").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        status = process.wait(timeout=PATIENCE_SECONDS)
        output = (folder / "output").read_text()
        assert status == 0, output
        yield Site(folder, output)
    finally:
        # The server that the page has left in the background.
        os.killpg(process.pid, signal.SIGKILL)


def test_every_command_of_the_page_runs(site: Site) -> None:
    assert "System check identified no issues (0 silenced)." in site.output
    assert '"name":"DEPLOY_KEY"' in site.output
    assert "{{$GITHUB_TOKEN}}" in site.output
    assert re.search(r"^\d+ passed", site.output, re.MULTILINE)


def test_nothing_that_the_page_prints_or_logs_shows_a_value(site: Site) -> None:
    for value in re.findall(r"ghp_0123456789\w+|0123456789-abcdef", PAGE.read_text(encoding="utf-8")):
        assert value not in site.output


@pytest.mark.parametrize("package", ["neo_base", "projects", "secrets_app"])
def test_what_is_imported_comes_from_the_wheels(package: str, site: Site) -> None:
    where = site.environment.run("-c", f"import {package}; print({package}.__file__)", folder=site.folder)
    assert where.startswith(str(site.folder / "venv"))


def test_nothing_else_of_ours_is_installed(site: Site) -> None:
    listed = site.environment.run("-m", "pip", "list", folder=site.folder)
    assert re.findall(r"^neo\S+", listed, re.MULTILINE) == ["neo-secrets", "neo-secrets-projects"]


def test_the_admin_of_the_new_site_makes_a_secret(site: Site) -> None:
    code = """
from django.test import Client
from django.contrib.auth import get_user_model
browser = Client(headers={"Host": "127.0.0.1"})
browser.force_login(get_user_model().objects.get(username="owner"))
form = {"name": "BY_HAND", "new_value": "typed-in-0123456789", "project": "", "description": ""}
answer = browser.post("/admin/secrets_app/secret/add/", form, follow=True)
listed = browser.get("/admin/secrets_app/secret/").text
print("BY_HAND" in listed, "typed-in-0123456789" in listed + answer.text)
"""
    printed = site.environment.run(
        "manage.py", "shell", "--verbosity", "0", "--command", code, folder=site.folder / "mysite"
    )
    assert printed.split() == ["True", "False"]


def test_the_site_in_one_file_conforms(site: Site, tmp_path: Path) -> None:
    folder = example("minimal", tmp_path)
    assert "no issues" in site.environment.run("minimal.py", "check", "--fail-level", "WARNING", folder=folder)
    assert " passed" in site.environment.run("-m", "pytest", "-q", folder=folder)
