"""Python programs that start in a third of the time: forked from a process that has imported the libraries already.

The tests start hundreds. What is ours, and what reads settings, each program imports for itself: the process that is
forked has none of it. A server is started as operators start it, and so is one program by each way into the site
(`test_every_way_in_refuses`).
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
MOST_BYTES = 1_000_000
# What the site imports, as far as Django imports it without settings.
LIBRARIES = (
    *("django.core.management", "django.core.management.commands.check", "django.core.handlers.wsgi"),
    *("django.conf.urls.i18n", "django.contrib.staticfiles.storage", "django.contrib.postgres.fields"),
    *("django.db.migrations.autodetector", "django.db.migrations.executor", "django.db.models", "django.forms"),
    *("django.db.backends.postgresql.base", "django.db.backends.sqlite3.base", "django.http", "django.test"),
    *("django.template.defaulttags", "django.template.loader_tags", "django.views.generic", "django.utils.html"),
    *("rest_framework.compat", "rest_framework.fields", "uritemplate", "inflection", "jsonschema"),
    *("ahocorasick_rs", "apscheduler.schedulers.blocking", "argon2", "dotenv", "environ", "fido2.server", "granian"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "jwt", "oauthlib.oauth2", "orjson"),
    *("prometheus_client", "psycopg", "qrcode", "redis", "requests", "tqdm", "whitenoise.middleware", "yaml"),
)


def run(
    arguments: tuple[str, ...], variables: Mapping[str, str], folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, and no other variables, and return how it ended and what it wrote."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _connected() as connection:
        order = json.dumps([arguments, dict(variables), str(folder)]).encode()
        socket.send_fds(connection, [order], [out.fileno(), err.fileno()])
        pid, status = int(connection.recv(64)), b""
        connection.settimeout(PATIENCE_SECONDS)
        try:
            status = connection.recv(64)
        finally:
            if not status:
                os.kill(pid, signal.SIGKILL)
        written = []
        for file in (out, err):
            file.seek(0)
            written.append(file.read().decode())
    return subprocess.CompletedProcess([sys.executable, *arguments], int(status), *written)


def stand_in(path: Path) -> None:
    """Write a program in the place of Python: it does what `run` does, with its own variables, folder and output."""
    path.write_text(STAND_IN.format(python=sys.executable, address=_address()), encoding="utf-8")
    path.chmod(0o755)


# Without site packages, it starts in a fiftieth of the time of a program that imports the site.
STAND_IN = """#!{python} -IS
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect({address!r})
order = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(connection, [order], [1, 2])
connection.recv(64)
sys.exit(int(connection.recv(64)))
"""


def _connected() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_address())
    return connection


@cache
def _address() -> bytes:
    """Start the process that is forked, which ends with this one, and return where it listens."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # A name that the kernel chooses, and no file.
    listener.bind("")
    listener.listen()
    # The programs have the variables that are sent; what is read at the start of Python is that of these tests.
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "NEO_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.forks", str(listener.fileno())],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.PIPE,
        pass_fds=[listener.fileno()],
    )
    atexit.register(process.communicate)
    address: bytes = listener.getsockname()
    listener.close()
    return address


class _Order(NamedTuple):
    arguments: list[str]
    variables: dict[str, str]
    folder: str


def _order(listener: socket.socket) -> _Order:
    """Wait for orders; return one in a process of its own. End this process when the tests close its standard input."""
    closing, ordering = sys.stdin.fileno(), listener.fileno()
    while True:
        readable, _, _ = select.select([closing, ordering], [], [])
        if ordering not in readable:
            os._exit(0)
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            return _received(connection)
        connection.close()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _received(connection: socket.socket) -> _Order:
    """Return the order in a further process, with its streams; stay behind to report how it ends."""
    order, descriptors, _, _ = socket.recv_fds(connection, MOST_BYTES, 2)
    if pid := os.fork():
        connection.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):
            connection.send(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    connection.close()
    for descriptor, number in zip([os.open(os.devnull, os.O_RDONLY), *descriptors], range(3), strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    return _Order(*json.loads(order))


def _become(order: _Order) -> None:
    """Do what Python does with these arguments; what is raised ends this process as it would end Python."""
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.variables)
    first, *others = order.arguments
    match first, others:
        case "-c", [code, *rest]:
            sys.argv, sys.path[0] = ["-c", *rest], ""
            sys.modules["__main__"] = main = ModuleType("__main__")
            exec(compile(code, "<string>", "exec"), vars(main))  # noqa: S102  (the code of a test)
        case "-m", [module, *rest]:
            sys.argv, sys.path[0] = [module, *rest], order.folder
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case _:
            sys.argv, sys.path[0] = order.arguments, order.folder
            runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    for _name in LIBRARIES:
        import_module(_name)
    _become(_order(socket.socket(fileno=int(sys.argv[1]))))
