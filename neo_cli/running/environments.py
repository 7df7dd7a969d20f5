"""The command's environment, by an allow list: other variables of the caller may hold secrets of their own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from neo_cli.exits import Exit, Failure
from neo_cli.token_sources import TOKEN_VARIABLE

INHERITED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLORTERM", "NO_COLOR"),
)

# Those that no program of the same name stands in for.
SHELL_BUILTINS = {".", "alias", "bg", "cd", "eval", "exec", "export", "fg", "jobs", "set", "source", "ulimit", "unset"}


def inherited(environment: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    """Return the variables of `environment` that are on the allow list or match one of `patterns` (`*` for any text).

    The token of `neo` is never among them. Raise Failure if a pattern is its name.
    """
    if TOKEN_VARIABLE in patterns:
        raise Failure(f"{TOKEN_VARIABLE} is never passed to a command. Remove it from --inherit.", Exit.USAGE)
    wanted = (*INHERITED, *patterns)
    return {
        name: value
        for name, value in environment.items()
        if name != TOKEN_VARIABLE and any(fnmatchcase(name, pattern) for pattern in wanted)
    }


def as_bytes(inherited: Mapping[str, str], values: Mapping[str, str]) -> dict[bytes, bytes]:
    """Return both as one environment: variables of ours in the bytes that we got, and `values` in UTF-8.

    Python alone would encode them all by the locale, so that a value would be other bytes than are stored.
    """
    ours = {os.fsencode(name): os.fsencode(value) for name, value in inherited.items()}
    return ours | {name.encode(): value.encode() for name, value in values.items()}


def require_executable(program: str, environment: Mapping[str, str]) -> None:
    """Raise Failure if the program cannot be started. Called before a grant is created for it."""
    if shutil.which(program, path=environment.get("PATH", os.defpath)):
        return
    if os.sep in program and Path(program).exists():
        raise Failure(f"{program!r} is not an executable file. Check its permissions.", Exit.NOT_EXECUTABLE)
    raise Failure(f"There is no command {program!r}. {_hint(program)}", Exit.COMMAND_NOT_FOUND)


def _hint(program: str) -> str:
    """Return what to do about a program that does not exist, which may be meant for a shell."""
    if program in SHELL_BUILTINS or re.search(r"[\s;|&<>$`]", program):
        return f"If it is meant for a shell, start one: neo run -- sh -c {shlex.quote(program)}"
    return "Check the name and PATH; aliases and functions of your shell are not known here."
