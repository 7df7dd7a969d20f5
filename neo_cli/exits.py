"""Exit codes, those of sysexits.h, and the exceptions that end a command."""

from __future__ import annotations

from enum import IntEnum

# A command that a signal ended exits with this plus the signal's number, as in a shell.
SIGNAL_BASE = 128


class Exit(IntEnum):
    """Exit codes of `neo` itself. `neo run` exits with its command's own status; docs/cli.md explains all codes."""

    OUTPUT_CLOSED = 1
    USAGE = 64
    DATA = 65
    NOT_FOUND = 66
    UNAVAILABLE = 69
    SOFTWARE = 70
    SYSTEM = 71
    CANNOT_WRITE = 73
    OUTPUT_LOST = 74
    TRY_LATER = 75
    PROTOCOL = 76
    REFUSED = 77
    CONFIGURATION = 78
    NOT_EXECUTABLE = 126
    COMMAND_NOT_FOUND = 127


class Failure(Exception):
    """End of a command. `message` says in a sentence or two what happened and what to do, without values or tokens."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Interrupted(BaseException):
    """A signal that ends `neo`, raised as an exception so that `finally` blocks clean up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
