"""Environments that know nothing of this checkout, and the examples, copied to where they can run in one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from django.core.management import call_command

from tests.packaging.conftest import ROOT
from tests.postgresql import server_uri

PATIENCE_SECONDS = 600


class Environment(NamedTuple):
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return self.folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    def run(self, *arguments: str, folder: Path, **variables: str) -> str:
        """Return what a command in the environment prints; fail with all of it if the command does."""
        done = self.attempt(*arguments, folder=folder, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempt(self, *arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Return how a command in the environment ended and what it printed."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=folder,
            env=clean_environment() | variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )


def clean_environment() -> dict[str, str]:
    """Return the variables of this process without those that lead to this checkout, its settings or environment."""
    left_out = ("PYTHON", "DJANGO", "NEO_", "VIRTUAL_ENV", "DATABASE_URL", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def beside_this_one(folder: Path, *wheels: Path) -> Environment:
    """Make an environment with these wheels, and what they need from the one that runs the tests.

    The packages of this checkout are not in it: that environment has them by a file in its folder, which only counts
    for itself. Installing everything anew, as a host does, takes ten times as long; the page of plugging in does that.
    """
    made = Environment(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    uv = [sys.executable, "-m", "uv", "--quiet", "--offline", "pip", "install", "--python", str(made.python)]
    subprocess.run([*uv, "--no-deps", *map(str, wheels)], check=True)
    (made.packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return made


def install(environment: Environment, *wheels: Path) -> None:
    """Install wheels by `pip`, without what they need, over those of another version that are there."""
    pip = [sys.executable, "-m", "pip", "--python", str(environment.python), "install", "--no-deps", "--no-compile"]
    subprocess.run([*pip, "--quiet", "--no-index", *map(str, wheels)], check=True)


def copied(source: Path, to: Path) -> Path:
    """Return a copy of a file, or of a folder without what running a site leaves in it."""
    if source.is_file():
        return Path(shutil.copy(source, to))
    return Path(
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", "*.sqlite3*", "*.keys"))
    )


def example(name: str, tmp_path: Path) -> Path:
    """Return a copy of the example, with a key file."""
    folder = copied(ROOT / "examples" / name, tmp_path / name)
    call_command("make_master_key", folder / "master.keys", stdout=StringIO())
    return folder


def new_database() -> dict[str, str]:
    """Make an empty database on the PostgreSQL of the tests; return where it is, in the variables of its client."""
    from psycopg import connect, sql
    from psycopg.conninfo import conninfo_to_dict

    name = f"office_{os.urandom(6).hex()}"
    with connect(server_uri(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    found = conninfo_to_dict(server_uri())
    return {"PGHOST": str(found["host"]), "PGUSER": str(found["user"]), "PGDATABASE": name}
