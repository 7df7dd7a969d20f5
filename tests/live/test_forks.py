"""The programs that the tests fork: they begin as those of a new interpreter do, and end as those."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.live import forks

pytestmark = pytest.mark.once

BEGUN = """
import json, os, sys
from django.conf import settings
ours = [name for name in sys.modules if name.startswith(("neo_", "secrets_app", "projects"))]
print(json.dumps([ours, settings.configured, __name__, sys.argv, os.getcwd(), dict(os.environ), sys.stdin.read()]))
"""
VARIABLES = {"PATH": os.environ["PATH"], "LC_CTYPE": "C.UTF-8"}


def test_a_program_begins_with_nothing_of_ours(tmp_path: Path) -> None:
    begun = forks.run(("-c", BEGUN, "more"), VARIABLES, tmp_path)
    expected = [[], False, "__main__", ["-c", "more"], str(tmp_path), VARIABLES, ""]
    assert (json.loads(begun.stdout), begun.returncode, begun.stderr) == (expected, 0, "")


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('what is wrong')", 1, "what is wrong"),
        ("import atexit, sys; atexit.register(sys.stderr.write, 'ended')", 0, "ended"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL, ""),
    ],
)
def test_a_program_ends_as_python_does(code: str, status: int, said: str) -> None:
    ended = forks.run(("-c", code), VARIABLES)
    assert (ended.returncode, (ended.stderr.splitlines() or [""])[-1]) == (status, said)


def test_modules_and_files_are_programs_too(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text("import sys; print(__name__, sys.argv[1:], sys.path[0])")
    for arguments in (("said.py", "more"), ("-m", "said", "more")):
        assert forks.run(arguments, VARIABLES, tmp_path).stdout == f"__main__ ['more'] {tmp_path}\n"


def test_a_stand_in_runs_python_where_it_is_called(tmp_path: Path) -> None:
    forks.stand_in(tmp_path / "python")
    code = "import os, sys; print(os.getcwd(), dict(os.environ), sys.argv); sys.exit(3)"
    called = [str(tmp_path / "python"), "-c", code, "more"]
    ended = subprocess.run(called, cwd=tmp_path, env=VARIABLES, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == (f"{tmp_path} {VARIABLES} ['-c', 'more']\n", "")
    assert ended.returncode == 3
