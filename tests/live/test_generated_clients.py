"""Clients that are generated from the document, at work on the live site."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from tests.live.site import ROOT, Site

pytestmark = pytest.mark.once

CLIENTS = Path(__file__).with_name("clients")
DOCUMENT = ROOT / "docs" / "openapi.json"
NPM = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
TSC = ("node_modules/.bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "client.ts")
WORKED = {
    "conflict": "name_taken",
    "listed": ["typ••••••••cdef"],
    "description": "Changed",
    "value": "typed-0123456789abcdef",
    "removed": 204,
}


def run(folder: Path, *command: str, **variables: str) -> str:
    ended = subprocess.run(command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def access(site: Site) -> dict[str, Any]:
    """Where the site is, and a new user of it."""
    name = f"generator_{token_hex(4)}"
    site.add_users(name)
    return {"SITE": site.url, "USERNAME": name, "PASSWORD": site.password_of(name)}


def test_a_client_of_openapi_python_client_works(access: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("package_name_override: neo_secrets_client\npost_hooks: []\n")
    making = ("generate", "--path", str(DOCUMENT), "--meta", "none", "--config", "config.yaml", "--fail-on-warning")
    program = Path(sys.executable).parent / "openapi-python-client"
    run(tmp_path, str(program), *making, "--output-path", "neo_secrets_client")
    shutil.copy(CLIENTS / "client.py", tmp_path)
    assert json.loads(run(tmp_path, sys.executable, "client.py", **access)) == WORKED


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm: apt-get install npm; TypeScript was not tried")
@pytest.mark.nightly
def test_a_client_of_openapi_typescript_works(access: dict[str, Any], tmp_path: Path) -> None:
    for name in ("package.json", "client.ts"):
        shutil.copy(CLIENTS / name, tmp_path)
    run(tmp_path, *NPM)
    run(tmp_path, "node_modules/.bin/openapi-typescript", str(DOCUMENT), "--output", "schema.d.ts")
    run(tmp_path, *TSC)
    assert json.loads(run(tmp_path, "node", "client.js", **access)) == WORKED
