"""The served OpenAPI document against the live site: what it promises holds, and what it forbids is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.site import Site

# Few of its requests come as far as the database, and PostgreSQL is the stricter one.
pytestmark = pytest.mark.once

PROGRAM = str(Path(sys.executable).parent / "schemathesis")
CONFIGURATION = str(Path(__file__).with_name("schemathesis.toml"))
EXAMPLES = "8"
TIMEOUT_SECONDS = 1_800
# It ends the session that the run works with, so it has a run and a user of its own.
SIGN_OUT = "signOutEverywhere"


@pytest.mark.parametrize(
    ("username", "chosen"),
    [("examiner", ("--exclude-operation-id", SIGN_OUT)), ("leaver", ("--include-operation-id", SIGN_OUT))],
    ids=["all but signing out", "signing out"],
)
def test_every_check_passes(site: Site, tmp_path: Path, username: str, chosen: tuple[str, str]) -> None:
    site.add_users(username)
    address, header = f"{site.url}/api/openapi.json", f"Authorization: {site.headers(username)['Authorization']}"
    command = [PROGRAM, "--no-color", "--config-file", CONFIGURATION, "run", address, "-H", header, *chosen]
    limits = ("--checks", "all", "--max-examples", EXAMPLES, "--generation-database", "none", "--continue-on-failure")
    run = subprocess.run([*command, *limits], cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"(\d+) generated, \1 passed", run.stdout), run.stdout
