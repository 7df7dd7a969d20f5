"""Entry point of `neo` and `python -m neo_cli`. It loads the rest of the command where ^C ends it quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# 128 plus the number of SIGINT, as in a shell.
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit. Never print a traceback: its messages might quote a value."""
    try:
        from neo_cli.signals import end_at_once

        end_at_once()
        from neo_cli.outcomes import run_as_process

        code = run_as_process(arguments)
    except KeyboardInterrupt:
        # It came before a handler of ours was set, so there is nothing to clean up.
        os._exit(INTERRUPTED)
    sys.exit(code)


if __name__ == "__main__":
    main()
