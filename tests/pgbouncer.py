"""Debian's PgBouncer before the PostgreSQL of the tests, which lends a connection for one transaction.

NEO_TEST_POOLING=transaction sends the sites of tests/live through it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests.postgresql import server_uri

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
# Fewer than the sites have threads, so that they share.
POOL = 4
SECONDS = 60
LIMITS = {"statement_timeout": "4s", "lock_timeout": "3s", "idle_in_transaction_session_timeout": "15s"}


def pooled(address: str) -> dict[str, str]:
    """Return the settings of a site whose database at `address` is reached through the pooler, with its limits set."""
    name = urlsplit(address).path[1:]
    with psycopg.connect(address, autocommit=True) as connection:
        for limit, value in LIMITS.items():
            connection.execute(SQL("ALTER DATABASE {} SET {} = {}").format(Identifier(name), Identifier(limit), value))
    return {
        "DATABASE_URL": f"postgres://postgres@127.0.0.1:{_port()}/{name}",
        "NEO_DATABASE_POOLING": "transaction",
    }


@cache
def _port() -> int:
    """Start the pooler, once per process; it ends with this process."""
    assert PROGRAM, "Run: apt-get install pgbouncer"
    files = parse_qs(urlsplit(server_uri()).query)["host"][0]
    directory = Path(tempfile.mkdtemp(prefix="neo-pgbouncer-"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={files} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {POOL}\n"
        f"logfile = {directory}/log\n"
    )
    who = ["-u", Path(files).owner()] if os.geteuid() == 0 else []
    if who:
        directory.chmod(0o755)
        shutil.chown(directory, Path(files).owner())
    command = [PROGRAM, *who, "--quiet", str(configuration)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(_end, process, directory)
    _wait_for(port)
    return port


def _end(process: subprocess.Popen[bytes], directory: Path) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(directory, ignore_errors=True)


def _wait_for(port: int) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "PgBouncer does not listen."
            time.sleep(0.05)
        else:
            return
