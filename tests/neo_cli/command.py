"""`neo` for tests: as a function call that returns what it wrote, or as a process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from neo_cli.outcomes import run
from tests.live.site import ROOT, Site

# Tests leave the keyring of whoever runs them alone.
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
COMMAND = (sys.executable, "-m", "neo_cli")


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Neo:
    """The `neo` of one user, with its own credentials folder."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.credentials = folder / "credentials.json"

    def environment(self, **more: str) -> dict[str, str]:
        """Return our environment without variables of `neo`, plus the credentials folder and `more`."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NEO_")}
        return inherited | {"NEO_CONFIG_DIR": str(self.folder), "PYTHONPATH": str(ROOT)} | NO_KEYRING | more

    def log_in(self, username: str) -> Neo:
        password = self.site.password_of(username)
        result = self("login", "--server", self.site.url, "-u", username, "--password-stdin", stdin=password)
        assert result.code == 0, result.err
        return self

    def __call__(self, *arguments: str, stdin: str | bytes = b"", **variables: str) -> Result:
        """Run `neo` in this process."""
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("NEO_")]:
                patch.delenv(name)
            for name, value in ({"NEO_CONFIG_DIR": str(self.folder)} | NO_KEYRING | variables).items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = run(arguments)
        return Result(code, _written(out), _written(err))

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start `neo` as a process with pipes."""
        streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        environment = self.environment(**options.pop("variables", {}))
        return subprocess.Popen([*COMMAND, *arguments], env=environment, **{**streams, **options})

    def process(self, *arguments: str, stdin: bytes = b"", **options: Any) -> Result:
        """Run `neo` as a process and wait for its end."""
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(stdin, timeout=300)
        return Result(process.returncode, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
