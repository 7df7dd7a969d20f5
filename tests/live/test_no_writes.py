"""A database that can be read and not written: a full disk, a standby. Writes are 503, reads go on, nothing is lost."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.live.databases import ON_POSTGRESQL, new_database
from tests.live.faults import Figure
from tests.live.site import PATIENCE_SECONDS, ROOT, Site, prepared_site
from tests.postgresql import server_uri

# Longer than what is free, in parts as large as a value may be.
VALUE, MOST_WRITES = "v" * 10_000, 600
DISK = "3m"
# As production has them: each request is counted in the database, which then cannot be written either.
LIMITED = {"CACHE_URL": "dbcache://", "NEO_THROTTLE_USER": "6000/min", "NEO_THROTTLE_TOKEN": "6000/min"}


def create(client: httpx.Client, number: int) -> httpx.Response:
    return client.post("/api/v1/secrets", json={"name": f"S{number}", "value": VALUE})


def fill(client: httpx.Client) -> tuple[int, httpx.Response]:
    """How many were acknowledged, and the first answer that is no acknowledgement."""
    for number in range(MOST_WRITES):
        answer = create(client, number)
        if answer.status_code != 201:
            return number, answer
    raise AssertionError("It was never full.")


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1


def assert_reads_go_on(site: Site, client: httpx.Client, token: str, count: int) -> None:
    assert client.get("/api/v1/secrets").json()["count"] == count
    by_token = httpx.get(f"{site.url}/api/v1/secrets", headers={"X-Api-Key": token}, timeout=30)
    assert by_token.json()["count"] == count
    assert client.get("/readyz").status_code == 200


def service_token(client: httpx.Client) -> str:
    """One that was never used, so that its first use would be written down."""
    return str(client.post("/api/v1/tokens", json={"name": "CI", "scopes": ["secrets:read"]}).json()["token"])


def assert_a_full_disk_is_survived(site: Site, relieve: Callable[[], None], figure: Figure) -> None:
    with site.client("member") as client:
        token = service_token(client)
        written, refused = fill(client)
        assert written > 0
        assert_refused(refused)
        assert_refused(create(client, 1_000))
        assert_reads_go_on(site, client, token, written)
        relieve()
        assert create(client, 1_001).status_code == 201
        assert client.get("/api/v1/secrets").json()["count"] == written + 1
    assert site.stop() == 0
    assert "Traceback" not in site.output.read_text()
    engine = "PostgreSQL" if ON_POSTGRESQL else "SQLite"
    figure(f"full disk of {engine}", f"{written} acknowledged and there, then 503; reads 200; with space again, 201")


@pytest.mark.skipif(ON_POSTGRESQL, reason="For the files of SQLite.")
def test_a_full_disk_of_sqlite(tmp_path: Path, figure: Figure) -> None:
    """The limit is that of the size of a file, which needs no disk of its own."""
    site = prepared_site(tmp_path / "data", **LIMITED)
    site.start()
    size = sum(path.stat().st_size for path in site.directory.glob("db.sqlite3*"))

    def limit(most: int) -> None:
        for pid in site.worker_pids():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    limit(size + 300_000)
    assert_a_full_disk_is_survived(site, lambda: limit(resource.RLIM_INFINITY), figure)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Below the temporary directory itself, where the server of these tests may look: it has a user of its own."""
    disk = Path(tempfile.mkdtemp(prefix="neo-small-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        disk.rmdir()
        pytest.skip("Only root can make a small disk.")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)
    disk.rmdir()


@pytest.mark.skipif(ON_POSTGRESQL, reason="Of SQLite alone the free space is known.")
def test_reserve_of_a_small_disk_keeps_all_but_growth(small_disk: Path) -> None:
    """Below the reserve nothing new is stored; signing in, reading and ending go on, and write to the disk."""
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    site = prepared_site(small_disk / "data", NEO_MIN_FREE_MEGABYTES="24", **LIMITED)
    site.start()
    with site.client("member") as client:
        assert create(client, 1).status_code == 201
        task = client.post("/api/v1/task-grants", json={"secrets": ["S1"]}).json()
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000_000))
        answer = create(client, 2)
        assert_refused(answer)
        assert answer.json()["code"] == "storage_low"
        with site.client("member") as another:
            bearer = {"Authorization": f"Bearer {task['token']}"}
            opened = httpx.post(f"{site.url}/api/v1/runtime/environment", headers=bearer, timeout=30)
            assert set(opened.json()["environment"]) == {"S1"}
            assert another.delete(f"/api/v1/task-grants/{task['id']}").status_code == 204
            assert another.get("/api/v1/secrets").json()["count"] == 1
        ballast.unlink()
        assert create(client, 2).status_code == 201
    assert site.stop() == 0


@pytest.fixture
def small_database(small_disk: Path) -> Iterator[dict[str, str]]:
    """On the small disk with its tables, and gone before that is: the server could write no checkpoint without them."""
    database = new_database()
    files = Path(parse_qs(urlsplit(database["DATABASE_URL"]).query)["host"][0])
    shutil.chown(small_disk, files.owner())
    name = Identifier(urlsplit(database["DATABASE_URL"]).path[1:])
    with psycopg.connect(server_uri(), autocommit=True) as connection:
        connection.execute(SQL("CREATE TABLESPACE {} LOCATION {}").format(name, str(small_disk)))
        connection.execute(SQL("ALTER DATABASE {} SET default_tablespace = {}").format(name, name))
        yield database
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        connection.execute(SQL("DROP TABLESPACE {}").format(name))


@pytest.mark.nightly
@pytest.mark.skipif(not ON_POSTGRESQL, reason="Runs with NEO_TEST_DATABASE=postgresql.")
def test_a_full_disk_of_postgresql(
    tmp_path: Path, small_disk: Path, small_database: dict[str, str], figure: Figure
) -> None:
    site = Site(tmp_path / "data", **LIMITED, **small_database)
    # Its tables have to be on the small disk, so it copies no other site.
    site.prepare()
    site.start()

    def grow() -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)

    assert_a_full_disk_is_survived(site, grow, figure)


@contextmanager
def chaining(site: Site, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process beside the site that chains the audit log."""
    command = [sys.executable, "manage.py", "audit", "chain", "--every", "0.2"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=site.environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.skipif(not ON_POSTGRESQL, reason="Runs with NEO_TEST_DATABASE=postgresql.")
def test_a_postgresql_that_is_read_only(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data", **LIMITED)
    site.start()
    address = site.environment["DATABASE_URL"]
    name = urlsplit(address).path[1:]

    def read_only(setting: str) -> None:
        """For the connections made from now on; those there are are ended."""
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(
                SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(Identifier(name), SQL(setting))
            )
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(f"{others} AND pid <> pg_backend_pid()", [name])

    def all_are_chained() -> bool:
        with psycopg.connect(address) as connection:
            waiting = "SELECT count(*) = 0 FROM secrets_app_auditevent WHERE block IS NULL"
            return bool(connection.execute(waiting).fetchall()[0][0])

    with site.client("member") as client, chaining(site, tmp_path / "chaining") as chain:
        token = service_token(client)
        assert create(client, 1).status_code == 201
        wait_until(all_are_chained)
        read_only("on")
        for path, body in (
            ("/api/v1/secrets", {"name": "NEW", "value": VALUE}),
            ("/api/v1/projects", {}),
            ("/api/v1/auth/token", {"username": "member", "password": site.demo["passwords"]["member"]}),
        ):
            assert_refused(client.post(path, json=body))
        assert_reads_go_on(site, client, token, 1)
        wait_until(lambda: "audit.seal_waits" in (tmp_path / "chaining").read_text())
        read_only("off")
        # A connection that was used within the last second is not looked at first, and was ended just now.
        wait_until(lambda: create(client, 2).status_code == 201)
        wait_until(all_are_chained)
        assert chain.poll() is None
    assert site.stop() == 0
