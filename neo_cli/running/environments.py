"""The command's environment, from an allow list: what whoever calls `neo` has there is not for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from neo_cli.authorities import TOKEN_VARIABLE
from neo_cli.exits import Exit, Failure

INHERITED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLORTERM", "NO_COLOR"),
)


def inherited(environment: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    """What the command gets of `environment`: the allow list, and what `patterns` name (`*` for any letters).

    Our own token is never among it; Failure where it is asked for by name.
    """
    if TOKEN_VARIABLE in patterns:
        raise Failure(f"{TOKEN_VARIABLE} is never given to a command.", Exit.USAGE)
    wanted = (*INHERITED, *patterns)
    return {
        name: value
        for name, value in environment.items()
        if name != TOKEN_VARIABLE and any(fnmatchcase(name, pattern) for pattern in wanted)
    }


def require_executable(program: str, environment: Mapping[str, str]) -> None:
    """Failure for a program that cannot be started, before anything is granted for it."""
    if shutil.which(program, path=environment.get("PATH", os.defpath)):
        return
    if os.sep in program and Path(program).exists():
        raise Failure(f"{program!r} is no program that may be run.", Exit.NOT_EXECUTABLE)
    raise Failure(f"There is no command {program!r}.", Exit.COMMAND_NOT_FOUND)
