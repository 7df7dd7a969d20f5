"""Exit codes, those of sysexits.h, and the one exception that ends a command with a sentence."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Why `neo` itself gave up. `neo run` ends with its command's own code; docs/cli.md lists them all."""

    OUTPUT_CLOSED = 1
    USAGE = 64
    DATA = 65
    NOT_FOUND = 66
    UNAVAILABLE = 69
    SOFTWARE = 70
    CANNOT_WRITE = 73
    TRY_LATER = 75
    PROTOCOL = 76
    REFUSED = 77
    CONFIGURATION = 78
    NOT_EXECUTABLE = 126
    COMMAND_NOT_FOUND = 127


class Failure(Exception):
    """Ends the command: `message` is one sentence or two that say what to do, and never quotes a value or a token."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Interrupted(BaseException):
    """A signal that ends `neo`; what was begun is put back on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
