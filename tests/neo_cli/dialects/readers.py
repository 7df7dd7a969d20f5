"""Readers of what `neo env` writes: the real programs, and the rules that docker documents."""

from __future__ import annotations

import ctypes
import http.server
import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Read = Callable[[str], dict[str, str]]

HERE = Path(__file__).parent


class Node:
    """A node process that parses one text after another."""

    def __init__(self, directory: Path) -> None:
        manifest = (HERE / "package.json").read_text(encoding="utf-8")
        installed = directory / "installed.json"
        if not installed.exists() or installed.read_text(encoding="utf-8") != manifest:
            shutil.copy(HERE / "package.json", directory)
            options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(["npm", "install", *options], cwd=directory, check=True, capture_output=True)
            installed.write_text(manifest, encoding="utf-8")
        shutil.copy(HERE / "node.js", directory)
        self.process = subprocess.Popen(
            ["node", "node.js"], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def parse(self, parser: str, text: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"parser": parser, "text": text}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


class Engine(http.server.ThreadingHTTPServer):
    """A stand-in for docker's engine: it keeps the variables of the container that it is told to create."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.variables: list[str] = []


class _Request(http.server.BaseHTTPRequestHandler):
    server: Engine

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_GET(self) -> None:
        self._answer(200, b"{}")

    def do_POST(self) -> None:
        container = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.variables = container["Env"] or []
        self._answer(201, json.dumps({"Id": "0" * 64, "Warnings": []}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Api-Version", "1.44")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


def docker(engine: Engine, file: Path) -> dict[str, str]:
    """Read the file with docker's own parser of `--env-file`; the stand-in engine creates no container."""
    command = ["docker", "--host", f"tcp://127.0.0.1:{engine.server_port}", "create", "--env-file", str(file), "image"]
    subprocess.run(
        command, env={"HOME": str(file.parent), "PATH": "/usr/local/bin:/usr/bin:/bin"}, check=True, capture_output=True
    )
    return dict(variable.split("=", 1) for variable in engine.variables)


def by_the_rules_of_docker(text: str) -> dict[str, str]:
    """Read the text by the documented rules of `--env-file`, in the newer form that removes a pair of quotes.

    A line ends at LF or CR LF. Blanks before a name, empty lines and lines that begin with # are skipped. All text
    after the first = is the value.
    """
    variables = {}
    for line in text.split("\n"):
        assert len(line.encode()) < 64 * 1024
        assignment = line.removesuffix("\r").lstrip()
        name, equals, value = assignment.partition("=")
        is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        if equals and not assignment.startswith("#"):
            variables[name] = value[1:-1] if is_quoted else value
    return variables


def shell(program: str, file: Path) -> dict[str, str]:
    """Return the variables of a process that a shell starts after reading the file."""
    command = [program, "-c", '. "$1" && exec env -0', program, str(file)]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, check=True, capture_output=True)
    variables = dict(variable.split("=", 1) for variable in done.stdout.decode().split("\0")[:-1])
    return {name: value for name, value in variables.items() if name not in ("PATH", "PWD", "OLDPWD", "SHLVL", "_")}


@cache
def systemd_library() -> Path | None:
    """Return the library, None where there is none. The search takes a second."""
    found = sorted(Path("/usr/lib").glob("**/systemd/libsystemd-shared-*.so"))
    return found[-1] if found else None


def systemd(file: Path) -> dict[str, str]:
    """Read the file with the function that systemd itself uses for `EnvironmentFile=`, from its library."""
    library = systemd_library() or pytest.skip("No library of systemd on this machine.")
    variables = ctypes.POINTER(ctypes.c_char_p)()
    assert ctypes.CDLL(str(library)).load_env_file(None, bytes(file), ctypes.byref(variables)) == 0
    found, index = {}, 0
    while variables and (variable := variables[index]):
        name, _, value = variable.decode().partition("=")
        found[name], index = value, index + 1
    return found
