"""The wheel in an empty environment: every command of docs/plugging-in.md, then both example sites."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.packaging.conftest import ROOT, Distributions
from tests.postgresql import server_uri

PAGE = ROOT / "docs" / "plugging-in.md"
# A block, and the file that the sentence before it names.
BLOCK = re.compile(r"([^\n]*)\n\n```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PORT = "8000"
PATIENCE_SECONDS = 600


class Site(NamedTuple):
    folder: Path
    output: str

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def run(self, *arguments: str, folder: Path, **environment: str) -> str:
        """What a command in the environment prints; fails with all of it if the command does."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=folder,
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def clean_environment() -> dict[str, str]:
    """Without what would lead to this checkout, its settings or its environment."""
    left_out = ("PYTHON", "DJANGO", "NEO_", "VIRTUAL_ENV", "DATABASE_URL", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


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
    process = subprocess.Popen(
        ["bash", "-c", page],
        cwd=folder,
        env=clean_environment() | {"WHEEL": str(distributions.wheel)},
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


@pytest.fixture
def postgresql(site: Site) -> dict[str, str]:
    """Where the server of the tests is, in the variables of its own client; each time an empty database."""
    from psycopg import connect, sql
    from psycopg.conninfo import conninfo_to_dict

    name = f"office_{os.urandom(6).hex()}"
    with connect(server_uri(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    found = conninfo_to_dict(server_uri())
    return {"PGHOST": str(found["host"]), "PGUSER": str(found["user"]), "PGDATABASE": name}


@pytest.fixture
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if request.param == "sqlite" else dict(request.getfixturevalue("postgresql"))


ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def example(site: Site, name: str, tmp_path: Path) -> Path:
    folder = tmp_path / name
    shutil.copytree(ROOT / "examples" / name, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    return folder


def test_every_command_of_the_page_runs(site: Site) -> None:
    assert "System check identified no issues (0 silenced)." in site.output
    assert '"name":"DEPLOY_KEY"' in site.output
    assert "{{$GITHUB_TOKEN}}" in site.output
    assert re.search(r"^\d+ passed", site.output, re.MULTILINE)


def test_nothing_that_the_page_prints_or_logs_shows_a_value(site: Site) -> None:
    for value in re.findall(r"ghp_0123456789\w+|0123456789-abcdef", PAGE.read_text(encoding="utf-8")):
        assert value not in site.output


def test_what_is_imported_comes_from_the_wheel(site: Site) -> None:
    where = site.run("-c", "import secrets_app; print(secrets_app.__file__)", folder=site.folder)
    assert where.startswith(str(site.folder / "venv"))
    assert "neo_site" not in site.run("-m", "pip", "list", folder=site.folder)


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
    printed = site.run("manage.py", "shell", "--verbosity", "0", "--command", code, folder=site.folder / "mysite")
    assert printed.split() == ["True", "False"]


def test_the_site_in_one_file_conforms(site: Site, tmp_path: Path) -> None:
    folder = example(site, "minimal", tmp_path)
    site.run("minimal.py", "make_master_key", "master.keys", folder=folder)
    site.run("minimal.py", "migrate", folder=folder)
    assert "no issues" in site.run("minimal.py", "check", "--fail-level", "WARNING", folder=folder)
    assert " passed" in site.run("-m", "pytest", "-q", folder=folder)


# One process each, as starting one costs more than all that it does.
START = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "office.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
LOOK_AT = """
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True)
call_command("showmigrations")
call_command("permissions")
call_command("spectacular", validate=True, file=os.devnull)
"""


@ON_BOTH
def test_a_site_with_its_own_users_and_projects_conforms(database: dict[str, str], site: Site, tmp_path: Path) -> None:
    folder = example(site, "full", tmp_path)
    site.run("manage.py", "make_master_key", "master.keys", folder=folder)
    printed = site.run("-c", START + LOOK_AT, folder=folder, **database)
    assert "no issues (0 silenced)" in printed
    assert "project.view" not in printed
    assert "[X] 0001_secrets" in printed
    assert "0001_projects" not in printed
    assert " passed" in site.run("-m", "pytest", "-q", folder=folder, **database)


TAKE_OUT = """
from django.db import connection
from accounts.models import Person
from workspaces.models import Seat, Workspace
from secrets_app.python_api import secrets_for

person, workspace = Person.objects.create_user("editor@example.com"), Workspace.objects.create(title="Alpha")
Seat.objects.create(workspace=workspace, person=person, level="editor")
for secrets in (secrets_for(person), secrets_for(person, project=workspace)):
    secrets.create("TOKEN", "to be gone 0123456789", default_available=True)
    secrets.update("TOKEN", value="to be gone too 0123456789")
    secrets.grant()

def tables():
    return set(connection.introspection.table_names())

def content():
    # What every migration of any app writes is not the site's own.
    own = sorted(name for name in tables() if not name.startswith(("secrets_app_", "django_", "auth_permission")))
    with connection.cursor() as cursor:
        for name in own:
            columns = connection.introspection.get_table_description(cursor, name)
            cursor.execute(f"SELECT * FROM {name}")
            yield name, str(columns), sorted(map(str, cursor.fetchall()))

def ours():
    return [name for name in tables() if name.startswith("secrets_app_")]

before = list(content())
assert ours() and "editor@example.com" in str(before)
call_command("migrate", "secrets_app", "zero", verbosity=0)
assert not ours() and list(content()) == before
print("left as they are:", len(before))
"""


@ON_BOTH
def test_taking_it_out_leaves_the_tables_of_the_site_as_they_are(
    database: dict[str, str], site: Site, tmp_path: Path
) -> None:
    folder = example(site, "full", tmp_path)
    site.run("manage.py", "make_master_key", "master.keys", folder=folder)
    printed = site.run("-c", START + TAKE_OUT, folder=folder, **database)
    assert re.search(r"left as they are: [1-9]", printed)
