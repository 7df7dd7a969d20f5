"""PgBouncer that lends a connection for one transaction: writers, the audit log and the time limits work through it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.live.databases import ON_POSTGRESQL
from tests.live.site import Site, prepared_site
from tests.pgbouncer import PROGRAM, pooled

pytestmark = pytest.mark.skipif(
    not (ON_POSTGRESQL and PROGRAM), reason="Runs with NEO_TEST_DATABASE=postgresql and Debian's pgbouncer."
)
WRITERS, ROUNDS, LEAST_WRITES = 3, 10, 30
# One process for all: each takes seconds to start.
JOBS = """
import io, json, os, sys
from neo_site import startup
os.environ["DJANGO_SETTINGS_MODULE"] = "neo_site.settings"
startup.load_settings()
import django
django.setup()
from django.core.management import call_command
from neo_site.doctor import cluster
lines = []
for _ in range(int(sys.argv[1])):
    said = io.StringIO()
    call_command("audit", "chain", stdout=io.StringIO())
    call_command("audit", "export", stdout=said)
    call_command("audit", "verify", stdout=io.StringIO())
    lines.append(len(said.getvalue().splitlines()))
try:
    call_command("backup", sys.argv[2])
except Exception as error:
    refusal = str(error)
print(json.dumps({"lines": lines, "refusal": refusal, "found": [str(each) for each in cluster.pooling()]}))
"""


def write(site: Site, ended: Event, number: int) -> int:
    """How many writes were acknowledged; each round makes a secret, changes it and gives it to a task."""
    with site.client("member") as client:
        rounds = 0
        while not ended.is_set() or rounds < LEAST_WRITES:
            name = f"S{number}_{rounds}"
            made = client.post("/api/v1/secrets", json={"name": name, "value": "value"})
            assert made.status_code == 201, made.text
            changed = client.patch(f"/api/v1/secrets/{made.json()['id']}", json={"value": "another"})
            assert changed.status_code == 200, changed.text
            grant = client.post("/api/v1/task-grants", json={"secrets": [name], "max_uses": 1})
            assert grant.status_code == 201, grant.text
            bearer = {"Authorization": f"Bearer {grant.json()['token']}"}
            used = client.post("/api/v1/runtime/environment", headers=bearer)
            assert used.json()["environment"] == {name: "another"}
            assert client.post("/api/v1/runtime/environment", headers=bearer).status_code == 401
            rounds += 1
        return rounds


def test_audit_log_is_exported_and_verified_beside_writers(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data")
    site.environment |= pooled(site.environment["DATABASE_URL"])
    site.start()
    ended = Event()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, site, ended, number) for number in range(WRITERS)]
        try:
            done = json.loads(site.python("-c", JOBS, str(ROUNDS), str(tmp_path / "backup")).splitlines()[-1])
        finally:
            ended.set()
    assert all(writer.result() >= LEAST_WRITES for writer in writers)
    assert len(done["lines"]) == ROUNDS
    assert done["lines"] == sorted(done["lines"])
    assert "cannot carry a backup" in done["refusal"]
    (found,) = done["found"]
    assert found.split()[:2] == ["ok", "limits"]
    assert site.stop() == 0
    assert "Traceback" not in site.output.read_text()
