"""Commands that fail, as operators run them: one sentence on standard error, status 1 or 75; a stack on request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neo_site.keys import make_key_files
from tests.live import forks
from tests.live.site import ROOT, prepared_site
from tests.live.test_refusals import production

pytestmark = pytest.mark.once
PASSWORD = "hunter-22-in-an-address"
CLOSED = f"postgres://neo:{PASSWORD}@127.0.0.1:1/neo"
FORGET = (
    "from django.db.migrations.recorder import MigrationRecorder as M; M.Migration.objects.filter(app='{app}').delete()"
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("commands") / "data"
    make_key_files(directory)
    return directory


def run(environment: dict[str, str], *arguments: str, status: int = 1) -> subprocess.CompletedProcess[str]:
    ended = forks.run(("manage.py", *arguments), environment)
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr
    return ended


def sentence(environment: dict[str, str], *arguments: str, status: int = 1) -> str:
    """The only line on standard error that is no line of the log."""
    said = run(environment, *arguments, status=status).stderr
    (line,) = [line for line in said.splitlines() if not line.startswith("{")]
    return line


@pytest.mark.parametrize(
    ("command", "settings", "told"),
    [
        ("migrate", {"DATABASE_URL": "sqlite:////nowhere/at/all/db"}, "The folder of the database, /nowhere/at/all, "),
        ("rotate_keys", {"DATABASE_URL": CLOSED}, "port 1 failed: Connection refused"),
        (
            "clear_expired_sessions --retry-for 0",
            {"DATABASE_URL": "postgres://u@nosuchhost.invalid/d"},
            "Correct the host name",
        ),
    ],
)
def test_a_command_without_its_database_says_why(keys: Path, command: str, settings: dict[str, str], told: str) -> None:
    line = sentence(production(keys, **settings), *command.split(), status=os.EX_TEMPFAIL)
    assert line.startswith(f"{command.split()[0]}: ")
    assert told in line


def test_the_stack_is_shown_on_request_with_what_the_database_said(keys: Path) -> None:
    ended = run(production(keys, DATABASE_URL=CLOSED), "migrate", "--traceback")
    logged = json.loads(ended.stderr.splitlines()[-1])
    assert logged["message"] == "process.failed"
    assert "manage.py" in " ".join(logged["error"])
    assert "port 1 failed: Connection refused" in logged["database_says"]


def test_doctor_says_why_the_database_does_not_answer(keys: Path) -> None:
    line = next(
        line for line in run(production(keys, DATABASE_URL=CLOSED), "doctor").stdout.splitlines() if "database" in line
    )
    assert "Connection refused" in line
    assert "Start PostgreSQL" in line


def test_a_missing_module_is_named(keys: Path) -> None:
    line = sentence(production(keys) | {"DJANGO_SETTINGS_MODULE": "no_such_settings"}, "check")
    assert line.startswith("Refusing to start: Python has no module 'no_such_settings'. Correct DJANGO_SETTINGS_MODULE")


def test_an_environment_without_packages_is_told(keys: Path) -> None:
    # Without the folder of the packages, as with a Python that is not the one of the virtual environment.
    python = [sys.executable, "-S", "manage.py", "check"]
    ended = subprocess.run(python, cwd=ROOT, env=production(keys), capture_output=True, text=True, timeout=300)
    told = ended.stderr
    assert (ended.returncode, ended.stdout) == (1, "")
    assert told == f"Python has no module 'django'. Run: {sys.executable} -m pip install -r requirements.txt\n"


def test_closed_streams_do_not_fail_a_command(keys: Path, tmp_path: Path) -> None:
    # Run where the shell's directory was removed meanwhile, as by the next release.
    (tmp_path / "gone").mkdir()
    script = f'cd gone && rmdir ../gone && exec {sys.executable} {ROOT}/manage.py "$@" <&- >&- 2>&-'
    ended = subprocess.run(["bash", "-c", script, "-", "check"], cwd=tmp_path, env=production(keys), timeout=60)
    assert ended.returncode == 0


def test_a_migration_that_was_applied_unrecorded_is_told(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data")
    site.manage("shell", "--no-imports", "--command", FORGET.format(app="neo_signin"))
    line = sentence(site.environment, "migrate")
    assert "already exists" in line
    assert "manage.py showmigrations" in line
