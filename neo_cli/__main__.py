"""Entry point of `neo` and `python -m neo_cli`: every outcome becomes an exit code, and every failure one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from traceback import extract_tb

import click

from neo_cli.app import neo
from neo_cli.exits import SIGNAL_BASE, Exit, Failure, Interrupted
from neo_cli.signals import raise_on_signals

SIGINT = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit. Never print a traceback: its messages might quote a value."""
    _open_standard_streams()
    raise_on_signals()
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        result = neo.main(arguments, prog_name="neo", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except Failure as failure:
        click.echo(f"neo: {failure.message}", err=True)
        return failure.code
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)
        return SIGNAL_BASE + SIGINT
    except Interrupted as interrupted:
        return SIGNAL_BASE + interrupted.number
    except BrokenPipeError:
        # The reader of our output closed it. Python flushes stdout once more at exit and would print an error, so
        # stdout goes to /dev/null from here on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OUTPUT_CLOSED
    except Exception as error:  # noqa: BLE001  # The last resort, in place of a traceback.
        place = extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {place.filename}:{place.lineno}"
        click.echo(f"neo: This is a bug in neo: {where}. Please report it.", err=True)
        return Exit.SOFTWARE


def _open_standard_streams() -> None:
    """Open each closed standard stream on /dev/null.

    Otherwise the next file that is opened would get its number, and receive output meant for the stream.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin, sys.stdout, sys.stderr = (
        stream or open(descriptor, mode)  # noqa: SIM115  # Python sets a closed stream to None.
        for descriptor, stream, mode in ((0, sys.stdin, "r"), (1, sys.stdout, "w"), (2, sys.stderr, "w"))
    )


if __name__ == "__main__":
    main()
