"""The distributions, built once for all processes that test them."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.prefix)

# What is copied into sites of others, and runs there.
collect_ignore = ["sites"]


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path
    projects_wheel: Path
    projects_sdist: Path


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory, worker_id: str, testrun_uid: str) -> Distributions:
    """What `make wheel` builds from the checkout. The first process that asks builds for all of this run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / f"dist-{testrun_uid}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make_wheel(folder)
    found = (next(folder.glob(f"{name}-*.{kind}")) for name in NAMES for kind in ("whl", "tar.gz"))
    return Distributions(*found)


NAMES = ("neo_secrets", "neo_secrets_projects")


def build(source: Path, folder: Path) -> None:
    """Build the distributions of another checkout into `folder`, as its `make wheel` does."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


def make_wheel(folder: Path) -> None:
    # What is installed is not looked at: the tests run in an environment that has it all.
    command = ["make", f"--assume-old={VENV}/installed-dev", f"VENV={VENV}", f"DIST={folder}", "wheel"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
