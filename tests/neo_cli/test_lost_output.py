"""Output that cannot be written is a failure, whatever the command did; only a reader who has gone is not."""

from __future__ import annotations

import errno

import pytest

from neo_cli.exits import Exit
from neo_cli.standard_streams import has_no_reader
from tests.neo_cli.command import Neo

FULL = "/dev/full"


@pytest.mark.parametrize(
    "arguments",
    [
        ["secrets", "list"],
        ["--help"],
        ["env"],
        ["run", "--", "echo", "hi"],
        ["run", "--", "sh", "-c", "yes | head -c 300000"],
    ],
)
def test_full_disk_ends_with_a_code_and_a_sentence(runner: Neo, arguments: list[str]) -> None:
    with open(FULL, "wb") as full:
        result = runner.process(*arguments, stdout=full)
    assert result.code == Exit.OUTPUT_LOST
    assert "could not be written: No space left on device" in result.err.replace("cannot", "could not")
    assert result.err.count("\n") == 1


def test_full_stderr_of_the_command_counts_too(runner: Neo) -> None:
    with open(FULL, "wb") as full:
        result = runner.process("run", "--", "sh", "-c", "echo out; echo err >&2", stderr=full)
    assert (result.code, result.out) == (Exit.OUTPUT_LOST, "out\n")


def test_error_that_cannot_be_shown_keeps_its_code(fresh: Neo) -> None:
    with open(FULL, "wb") as full:
        assert fresh.process("secrets", "nonsense", stderr=full).code == Exit.USAGE
        assert fresh.process("secrets", "list", stderr=full).code == Exit.CONFIGURATION


def test_terminal_that_was_closed_is_a_reader_who_has_gone() -> None:
    error = OSError(errno.EIO, "Input/output error")
    assert has_no_reader(error, is_terminal=True)
    assert not has_no_reader(error, is_terminal=False)
    assert has_no_reader(ConnectionResetError(), is_terminal=False)
    assert not has_no_reader(OSError(errno.ENOSPC, "No space left on device"), is_terminal=True)
