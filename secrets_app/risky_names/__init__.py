"""Names of environment variables that change how programs run or where they send credentials. No Django.

Whoever sets such a variable in another person's task can run code there, or receive its other secrets. `names.toml`
lists the names, each group with its source. The server holds all of them back in projects, see
`secrets_app.policies.is_held_for_its_name`; the command refuses those of the groups with `refused_by_command`.
No list is complete.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("names.toml")


@dataclass(frozen=True)
class Group:
    """Some risky names, and where their meaning is documented."""

    title: str
    source: str
    names: tuple[str, ...]
    """In upper case; `*` stands for any characters, or none."""
    refused_by_command: bool


def is_risky(name: str) -> bool:
    """Return whether a variable of this name changes how programs run or where they send credentials."""
    return _pattern(only_refused=False).fullmatch(name.upper()) is not None


def is_refused_by_command(name: str) -> bool:
    """Return whether `neo` starts no command with a variable of this name unless its user allows the name."""
    return _pattern(only_refused=True).fullmatch(name.upper()) is not None


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups of the data file, in its order."""
    listed = tomllib.loads(DATA.read_text(encoding="utf-8"))["groups"]
    return tuple(Group(**group | {"names": tuple(group["names"].split())}) for group in listed)


@cache
def _pattern(*, only_refused: bool) -> re.Pattern[str]:
    names = (name for group in groups() if group.refused_by_command or not only_refused for name in group.names)
    return re.compile("|".join(re.escape(name).replace(r"\*", ".*") for name in names))
