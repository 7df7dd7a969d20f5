"""How a command ends: every outcome becomes an exit code, and every failure one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from traceback import extract_tb

import click

from neo_cli import standard_streams
from neo_cli.app import neo
from neo_cli.exits import SIGNAL_BASE, Exit, Failure, Interrupted
from neo_cli.signals import end_at_once, raise_on_signals
from neo_cli.text import complain

SIGINT = 2


def run_as_process(arguments: Sequence[str] | None = None) -> int:
    """Run one command with the streams and signals of this process, and return its exit code."""
    standard_streams.prepare()
    try:
        raise_on_signals()
        code = run(arguments)
    except Interrupted as interrupted:
        # A second signal, while the first one was ending the command.
        code = SIGNAL_BASE + interrupted.number
    end_at_once()
    return code


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    standard_streams.show_any_text()
    try:
        result = neo.main(arguments, prog_name="neo", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except Failure as failure:
        if failure.code == Exit.OUTPUT_LOST:
            standard_streams.give_up_output()
        complain(failure.message)
        return failure.code
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        with suppress(OSError):
            click.echo(err=True)
        return SIGNAL_BASE + SIGINT
    except Interrupted as interrupted:
        return SIGNAL_BASE + interrupted.number
    except BrokenPipeError:
        # The reader of our output closed it, which is nobody's error.
        standard_streams.give_up_output()
        return Exit.OUTPUT_CLOSED
    except Exception as error:  # noqa: BLE001  # The last resort, in place of a traceback.
        return _interruption(error) or _system_error(error) or _bug(error)


def _interruption(error: BaseException) -> int | None:
    """Return the exit code if a signal is behind `error`; None otherwise.

    Python 3.11 wraps what is raised while a class is made into a RuntimeError, and libraries wrap what they catch.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, Interrupted):
        cause = cause.__cause__ or cause.__context__
    return SIGNAL_BASE + cause.number if cause else None


def _system_error(error: Exception) -> int | None:
    """Return the exit code for what the system refuses, such as memory or one more open file; None for a bug."""
    if isinstance(error, MemoryError):
        complain("There is not enough memory. Free some, or raise the limit, and try again.")
    elif isinstance(error, OSError) and error.strerror:
        complain(f"The system refused what neo needs: {error.strerror}. Correct that, and try again.")
    else:
        return None
    return Exit.SYSTEM


def _bug(error: Exception) -> int:
    place = extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {place.filename}:{place.lineno}"
    complain(f"This is a bug in neo: {where}. Please report it.")
    return Exit.SOFTWARE
