"""`python -m neo_site.serve` in production: where it listens, how it stops, what it refuses, what it logs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from neo_site.keys import make_key_files
from tests.failover.processes import with_children
from tests.live.site import NO_TLS, SERVER, TWO_WORKERS, Site, prepared_site

pytestmark = pytest.mark.once

HOST = "secrets.example.com"
BEHIND_TLS = {"Host": HOST, "X-Forwarded-Proto": "https"}
BODY = json.dumps({"name": "IN_FLIGHT", "value": "a-value-that-never-comes-back"}).encode()
STATIC = re.compile(r'"(/static/[^"]+\.css)"')


def production(directory: Path, **settings: str) -> Site:
    """A site with keys and the settings of production, and no tables."""
    make_key_files(directory / "data")
    return in_production(Site(directory / "data"), **settings)


def in_production(site: Site, **settings: str) -> Site:
    files = {"NEO_SECRET_KEY": "django.key", "NEO_SIGNING_KEY": "signing.key", "NEO_MASTER_KEYS": "master.keys"}
    site.environment |= {f"{name}_FILE": str(site.directory / file) for name, file in files.items()}
    site.environment |= {"NEO_PROFILE": "production", "NEO_ALLOWED_HOSTS": HOST}
    proxy = {"NEO_PROXY_TLS_HEADER": "X-Forwarded-Proto", "NEO_TRUSTED_PROXIES": "127.0.0.1"}
    site.environment |= proxy | settings
    return site


def prepared(directory: Path, **settings: str) -> Site:
    # With the demo's users, who are there for development alone.
    return in_production(prepared_site(directory / "data"), **settings)


def start(site: Site) -> None:
    site.start(wait_for="/livez", headers=BEHIND_TLS)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that collected its static files itself, was asked and hung up on, and was stopped.

    A copy of its static files stays beside its data: collecting them again would take longer than all else of a start.
    """
    directory = tmp_path_factory.mktemp("ended")
    site = prepared(directory, TMPDIR=str(directory))
    start(site)
    shutil.copytree(next(directory.glob("neo-serve-*")) / "static", directory / "static")
    get(site, "/api/v1/secrets?value=typed-by-the-client")
    hang_up(site)
    assert get(site, "/livez").status_code == 200
    assert site.stop() == 0
    return site


@pytest.fixture(scope="module")
def collected(ended: Site) -> dict[str, str]:
    """The setting that names static files which are there already."""
    return {"NEO_STATIC_ROOT": str(ended.directory.parent / "static")}


@pytest.fixture(scope="module")
def shared(collected: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """For tests that leave it running."""
    token = "metrics-token-of-these-tests-0123456789"
    site = prepared(tmp_path_factory.mktemp("serve"), NEO_METRICS_TOKEN=token, **TWO_WORKERS, **collected)
    start(site)
    yield site
    assert site.stop() == 0


@pytest.fixture
def served(collected: dict[str, str], tmp_path: Path) -> Iterator[Site]:
    """For one that stops it."""
    site = prepared(tmp_path, **TWO_WORKERS, **collected)
    start(site)
    yield site
    assert site.process is not None
    site.process.kill()


def get(site: Site, path: str, **headers: str) -> httpx.Response:
    return httpx.get(site.url + path, headers=BEHIND_TLS | headers, verify=NO_TLS, timeout=300)


def half_sent(site: Site) -> socket.socket:
    """A request of which the server has the head and a part of the body, so that it is in flight."""
    answer = httpx.post(
        f"{site.url}/api/v1/auth/token",
        json={"username": "member", "password": site.demo["passwords"]["member"]},
        headers=BEHIND_TLS,
        verify=NO_TLS,
        timeout=300,
    )
    head = f"POST /api/v1/secrets HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {answer.json()['access']}\r\nContent-Type: application/json\r\n"
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=300)
    connection.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:10])
    return connection


def received(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(2**16):
        parts.append(part)
    return b"".join(parts)


def hang_up(site: Site) -> None:
    """Begin requests, and reset their connections."""
    for head in ("Content-Length: 99", "Transfer-Encoding: chunked"):
        connection = socket.create_connection(("127.0.0.1", site.port))
        connection.sendall(f"POST /api/v1/secrets HTTP/1.1\r\nHost: {HOST}\r\n{head}\r\n\r\n5\r\nhello".encode())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def refusal(site: Site) -> str:
    run = site.attempt(*SERVER)
    assert run.returncode == 1, run.stdout + run.stderr
    (line,) = [line for line in run.stderr.splitlines() if not line.startswith("{")]
    assert line.startswith("Refusing to start: ")
    return line


def lines(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.output.read_text().splitlines()]


def test_sigterm_lets_requests_in_flight_finish_and_ends_with_0(served: Site) -> None:
    connection = half_sent(served)
    # Until a busy machine has read what was sent.
    time.sleep(2)
    assert served.process is not None
    served.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    connection.sendall(BODY[10:])
    answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert served.process.wait(timeout=300) == 0
    assert b"IN_FLIGHT" in answer
    start(served)
    assert get(served, "/readyz").json() == {"status": "ready", "database": True, "migrations": True, "keyring": True}


def test_a_server_that_drains_answers_everything_but_probes(collected: dict[str, str], tmp_path: Path) -> None:
    site = prepared(tmp_path, NEO_DRAIN_SECONDS="4", **collected)
    start(site)
    assert site.process is not None
    with httpx.Client(base_url=site.url, headers=BEHIND_TLS, verify=NO_TLS, timeout=300) as client:
        assert client.get("/readyz").status_code == 200
        began = time.monotonic()
        # As systemd does: the whole group, and the supervisor tells its workers once more.
        for pid in with_children(site.process.pid):
            os.kill(pid, signal.SIGTERM)
        while client.get("/livez").status_code == 200 and time.monotonic() - began < 4:
            time.sleep(0.05)
        assert client.get("/readyz").json() == {"status": "stopping"}
        answered = client.get("/api/v1/secrets")
        assert (answered.status_code, answered.headers["Connection"]) == (401, "close")
    assert site.process.wait(timeout=300) == 0
    assert time.monotonic() - began > 4


def test_a_request_that_does_not_end_is_ended(collected: dict[str, str], tmp_path: Path) -> None:
    site = prepared(tmp_path, NEO_STOP_SECONDS="1", **collected)
    start(site)
    connection = half_sent(site)
    time.sleep(0.5)
    before = time.monotonic()
    site.stop()
    assert time.monotonic() - before < 15
    connection.close()


def test_every_logged_line_is_json_also_those_of_the_server(ended: Site) -> None:
    found = lines(ended)
    assert {"_granian", "neo_site.logs.requests", "neo_site.serve"} <= {line["logger"] for line in found}
    assert "typed-by-the-client" not in ended.output.read_text()


def test_a_client_that_hangs_up_leaves_no_traceback(ended: Site) -> None:
    assert "Traceback" not in ended.output.read_text()


def test_nothing_of_a_run_is_left_behind(ended: Site, collected: dict[str, str]) -> None:
    assert Path(collected["NEO_STATIC_ROOT"], "staticfiles.json").is_file()
    assert list(ended.directory.parent.glob("neo-serve-*")) == []


def test_static_files_are_named_by_content_and_cached_for_ever(shared: Site) -> None:
    page = get(shared, "/accounts/login/")
    path = STATIC.findall(page.text)[0]
    assert re.search(r"\.[0-9a-f]{12}\.css$", path)
    file = get(shared, path, **{"Accept-Encoding": "gzip"})
    assert file.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert file.headers["Content-Encoding"] == "gzip"
    plain = get(shared, re.sub(r"\.[0-9a-f]{12}\.css$", ".css", path))
    assert plain.headers["Cache-Control"] == "max-age=60, public"


def test_no_answer_of_the_api_is_compressed_or_kept(shared: Site) -> None:
    """The length of a compressed answer tells what is in it (BREACH)."""
    for path in ("/api/v1/secrets", "/api/v1/nothing", "/accounts/login/", "/readyz"):
        answer = get(shared, path, **{"Accept-Encoding": "gzip, br, zstd, deflate"})
        assert "Content-Encoding" not in answer.headers
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_figures_of_all_workers_are_added_up(shared: Site) -> None:
    for _ in range(20):
        httpx.get(f"{shared.url}/livez", headers=BEHIND_TLS, verify=NO_TLS)
    token = shared.environment["NEO_METRICS_TOKEN"]
    text = get(shared, "/metrics", Authorization=f"Bearer {token}").text
    counts = [float(line.split()[-1]) for line in text.splitlines() if 'route="livez"' in line and "_total" in line]
    assert sum(counts) >= 20


def test_it_serves_on_a_unix_socket(collected: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "neo.sock"
    # Left over from a server that was killed.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    site = prepared(tmp_path, NEO_BIND=f"unix:{path}", **collected)
    transport = httpx.HTTPTransport(uds=str(path))
    site.start(wait_for="/readyz", headers=BEHIND_TLS, transport=transport)
    assert path.stat().st_mode & 0o777 == 0o660
    assert "is taken" in refusal(site)
    assert site.stop() == 0
    assert not path.exists()


def test_a_taken_address_is_refused(shared: Site) -> None:
    assert f"127.0.0.1:{shared.port} is taken." in refusal(shared)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"NEO_BIND": "8000"}, "NEO_BIND must be an address and a port"),
        ({"NEO_BIND": "secrets.example.com:80"}, "NEO_BIND must be an address and a port"),
        ({"NEO_BIND": "127.0.0.1:0"}, "NEO_BIND must be an address and a port"),
        ({"NEO_BIND": "unix:/nowhere/neo.sock"}, "/nowhere is no directory"),
        ({"NEO_TRUSTED_PROXIES": ""}, "NEO_TRUSTED_PROXIES does not name the proxy in front"),
        ({"NEO_REQUEST_SECONDS": "0"}, "NEO_REQUEST_SECONDS must be at least 1"),
        ({"NEO_WORKERS": "0"}, "NEO_WORKERS must be at least 1"),
        ({"NEO_THREADS": "many"}, "NEO_THREADS must be a whole number"),
        ({"NEO_STATIC_ROOT": "static"}, "NEO_STATIC_ROOT must be an absolute path"),
        ({"NEO_STATIC_ROOT": "/nowhere"}, "/nowhere does not hold the static files of this release."),
        ({"NEO_MASTER_KEYS_FILE": "/nowhere/master.keys"}, "There is no key file at /nowhere/master.keys"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(
    collected: dict[str, str], tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    site = production(tmp_path, **collected | settings)
    assert message in refusal(site)


def test_workers_end_with_a_server_that_is_killed(served: Site) -> None:
    assert served.process is not None
    served.process.kill()
    served.process.wait()
    until = time.monotonic() + 20
    while is_served(served.port) and time.monotonic() < until:
        time.sleep(0.1)
    assert not is_served(served.port)
