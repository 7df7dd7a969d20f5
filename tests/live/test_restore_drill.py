"""The drills of docs/deployment.md: a backup and the keys, on a machine with an empty database.

`make test` backs up a small site; `make test-faults`, which sets NEO_TEST_FAULTS=whole, one of 10,000 secrets.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event

import httpx
import pytest

from secrets_app.crypto import generate_key_line
from tests.live.databases import ON_POSTGRESQL, new_database
from tests.live.faults import WHOLE, Figure
from tests.live.site import SERVER, Site, prepared_site
from tests.live.test_killed_worker import OPEN_ALL, value_of, write_until
from tests.postgresql import programs

KEYS = ("master.keys", "django.key", "signing.key")
VALUES = {"ONE": "the first value of this drill", "TWO": "-----BEGIN KEY-----\nwith lines\n-----END KEY-----\n"}
SECRETS = 10_000 if WHOLE else 100
BATCH = 50
WRITERS = 4
MOST_SECONDS = 300
LIVING = """
import json
from neo_site.revocation import living_credentials
print(json.dumps(living_credentials()))
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)


def copy_database(old: Site, new: Site) -> None:
    """Without our commands: pg_dump and pg_restore; or SQLite's own backup of a database in use."""
    if not ON_POSTGRESQL:
        new.directory.mkdir(mode=0o700)
        with (
            closing(sqlite3.connect(old.directory / "db.sqlite3")) as source,
            closing(sqlite3.connect(new.directory / "db.sqlite3")) as copy,
        ):
            source.backup(copy)
        return
    tools, dump = Path(programs()), str(old.directory / "neo.dump")
    run(str(tools / "pg_dump"), "--format=custom", f"--file={dump}", old.environment["DATABASE_URL"])
    target = new.environment["DATABASE_URL"]
    run(str(tools / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={target}", dump)


def with_programs(site: Site) -> Site:
    """Let the site find pg_dump and pg_restore."""
    directories = [programs()] if ON_POSTGRESQL else []
    site.environment["PATH"] = os.pathsep.join([*directories, site.environment["PATH"]])
    return site


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with secrets, stopped after its backup was made while clients wrote."""
    directory = tmp_path_factory.mktemp("old")
    site = with_programs(prepared_site(directory / "data", NEO_MAX_SECRETS_PER_SCOPE="100000"))
    site.start()
    with site.client("member") as client:
        for name, value in VALUES.items():
            assert client.post("/api/v1/secrets", json={"name": name, "value": value}).status_code == 201
        for names in (MANY[first : first + BATCH] for first in range(0, SECRETS, BATCH)):
            secrets = [{"name": name, "value": value_of(name)} for name in names]
            assert client.post("/api/v1/secrets/batch", json={"secrets": secrets}).status_code == 201
        made = client.post("/api/v1/tokens", json={"name": "CI", "scopes": ["secrets:read"]}).json()
        site.environment["SERVICE_TOKEN"] = made["token"]
    stop = Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        write = partial(write_until, site, stop=stop, acknowledged=[])
        writers = [pool.submit(write, writer) for writer in range(WRITERS)]
        site.manage("backup", str(directory / "backup"))
        stop.set()
        statuses = {status for writer in writers for status in writer.result()}
    assert statuses == {201}
    assert site.stop() == 0
    return site


MANY = [f"MANY_{number}" for number in range(SECRETS)]


def empty(old: Site, directory: Path) -> Site:
    """A site with the keys of the old one and nothing else."""
    site = with_programs(Site(directory / "data", **new_database()))
    site.directory.mkdir(mode=0o700)
    for name in KEYS:
        shutil.copy2(old.directory / name, site.directory / name)
    return site


def restored(old: Site, directory: Path) -> Site:
    site = Site(directory / "data", **new_database())
    copy_database(old, site)
    site.directory.mkdir(mode=0o700, exist_ok=True)
    for name in KEYS:
        shutil.copy2(old.directory / name, site.directory / name)
    return site


def test_a_backup_under_load_is_restored_by_one_command(old: Site, tmp_path: Path, figure: Figure) -> None:
    before = time.monotonic()
    site = empty(old, tmp_path)
    said = site.manage("restore", str(old.directory.parent / "backup"))
    site.manage("doctor")
    seconds = time.monotonic() - before
    assert seconds < MOST_SECONDS
    assert "Revoked: every credential" in said
    stored = json.loads(site.manage("shell", "--no-imports", "--command", OPEN_ALL))
    assert stored.items() >= {**VALUES, **{name: value_of(name) for name in MANY}}.items()
    figure(f"restore of {SECRETS} secrets", f"{seconds:.0f} s with doctor, {len(stored)} values opened and right")
    others = stored.keys() - VALUES.keys()
    assert {name: stored[name] for name in others} == {name: value_of(name) for name in others}
    assert set(json.loads(site.manage("shell", "--no-imports", "--command", LIVING)).values()) == {0}


def test_everything_is_readable_and_issued_credentials_are_dead(old: Site, tmp_path: Path) -> None:
    site = restored(old, tmp_path)
    site.manage("migrate", "--verbosity", "0")
    start = site.attempt(*SERVER)
    assert start.returncode == 1
    assert start.stderr.startswith("Refusing to start: The database is a restored copy")
    assert "manage.py revoke_everything --yes" in start.stderr
    session, token = old.headers("member"), {"X-Api-Key": old.environment["SERVICE_TOKEN"]}
    stored = json.loads(site.manage("shell", "--no-imports", "--command", OPEN_ALL))
    assert stored.items() >= VALUES.items()
    assert "Revoked." in site.manage("revoke_everything", "--yes")
    site.manage("doctor")
    site.start()
    site._passwords |= old.demo["passwords"]
    for headers in (session, token):
        assert httpx.get(f"{site.url}/api/v1/secrets", headers=headers, timeout=30).status_code == 401
    with site.client("member") as client:
        assert client.get("/api/v1/secrets").json()["count"] == len(stored)
    assert site.stop() == 0


def test_without_the_keys_the_start_names_the_missing_one(old: Site, tmp_path: Path) -> None:
    site = restored(old, tmp_path)
    (site.directory / "master.keys").write_text(generate_key_line("another") + "\n")
    needed = (old.directory / "master.keys").read_text().split(":")[0]
    start = site.attempt(*SERVER)
    assert start.returncode == 1
    assert start.stderr.startswith("Refusing to start: ")
    assert needed in start.stderr
    doctor = site.attempt("manage.py", "doctor")
    assert doctor.returncode == 1
    assert needed in doctor.stdout
