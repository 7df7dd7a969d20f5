"""Uncaught exceptions are lines like all others; Python's own report would show their messages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cast import CANARY

pytestmark = pytest.mark.once

PREPARE = """
import logging, sys
from neo_site.logs.formatters import JSONFormatter
handler = logging.StreamHandler()
handler.setFormatter(JSONFormatter())
logging.getLogger().addHandler(handler)
canary = sys.argv[1]
"""
INSTALL = "from neo_site.logs import uncaught; uncaught.install()\n"
FAULTS = {
    "the process": ("raise ValueError(canary) from KeyError(canary)", "process.failed", 1),
    "a group": ("raise ExceptionGroup(canary, [ValueError(canary)])", "process.failed", 1),
    "a thread": (
        "import threading\ndef run(): raise ValueError(canary)\n"
        "thread = threading.Thread(target=run, name=canary); thread.start(); thread.join()",
        "thread.failed",
        0,
    ),
    "a destructor": ("class Ends:\n    def __del__(self): raise ValueError(canary)\nEnds()", "error.ignored", 0),
    "a warning": ("import warnings; warnings.warn(canary)", "warning.issued", 0),
}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, CANARY], capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(("fault", "message", "code"), FAULTS.values(), ids=FAULTS)
def test_an_uncaught_exception_is_logged_without_its_message(fault: str, message: str, code: int) -> None:
    ended = run(PREPARE + INSTALL + fault)
    assert ended.returncode == code
    assert message in ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert [line for line in ended.stderr.splitlines() if not line.startswith("{")] == []


@pytest.mark.parametrize(("fault", "_message", "_code"), FAULTS.values(), ids=FAULTS)
def test_python_itself_would_show_the_message(fault: str, _message: str, _code: int) -> None:
    """The positive control."""
    assert CANARY in run(PREPARE + fault).stderr


def test_an_interrupt_is_not_logged() -> None:
    ended = run(PREPARE + INSTALL + "raise KeyboardInterrupt")
    assert "KeyboardInterrupt" in ended.stderr
    assert "process.failed" not in ended.stderr
