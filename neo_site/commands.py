"""The command line of `manage.py`: a command that fails ends with a sentence, and with status 1 or 75."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from neo_base.rest.outages import passes
from neo_site.failures import told


def run(arguments: list[str]) -> None:
    """Run a command; if it fails, end the process with what happened and what to do.

    The status is 75 (EX_TEMPFAIL of sysexits.h) where the database takes nothing now, otherwise 1.
    With `--traceback` the exception goes on: in production, the log then has its places in the code.
    """
    try:
        execute_from_command_line(arguments)
    except BrokenPipeError:
        # The reader of the output has seen enough. Python would complain of what it still has to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        # Any exception: a command must not end in a stack that nobody asked for.
        if "--traceback" in arguments:
            raise
        _say(f"{' '.join(arguments[1:2])}: {told(error)}".removeprefix(": "))
        sys.exit(os.EX_TEMPFAIL if passes(error) else 1)


def _say(sentence: str) -> None:
    # A process that was started without standard error has none.
    if sys.stderr is not None:
        sys.stderr.write(f"{sentence}\n")
