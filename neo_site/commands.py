"""The command line of `manage.py`: a command that fails ends with a sentence, and with status 1."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from neo_site.failures import told


def run(arguments: list[str]) -> None:
    """Run a command; if it fails, end the process with what happened and what to do.

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
        sys.exit(f"{' '.join(arguments[1:2])}: {told(error)}".removeprefix(": "))
