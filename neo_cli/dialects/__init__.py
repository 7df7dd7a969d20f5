"""Dialects, the formats in which an environment is written for other programs: `DIALECTS` by name.

| dialect | for |
| --- | --- |
| `dotenv` | python-dotenv and node's dotenv; both read the same values |
| `docker` | `docker run --env-file`; also `podman` |
| `shell` | `. FILE` in bash and other POSIX shells; exports the variables |
| `systemd` | `EnvironmentFile=` of a unit |
| `json`, `yaml` | one object with strings as values |

Those programs read back exactly what was written. If a dialect cannot express a variable, nothing is written and the
error names the variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from neo_cli.dialects import documents, dotenv, lines

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Inexpressible(ValueError):
    """Variables that the dialect cannot express: `names`, sorted. The message shows no value."""

    def __init__(self, names: list[str], dialect: str) -> None:
        self.names, self.dialect = sorted(names), dialect
        named = ", ".join(map(ascii, self.names))
        super().__init__(f"The format {dialect} cannot express {named}. Nothing was written. Try json, yaml or shell.")


class Dialect(NamedTuple):
    """Syntax of one dialect: how a variable is written (None if it cannot be), and the text around and between them."""

    variable: Callable[[str, str], str | None]
    before: str = ""
    between: str = ""
    after: str = ""
    empty: str = ""


DIALECTS: Mapping[str, Dialect] = {
    "dotenv": Dialect(dotenv.variable),
    "docker": Dialect(lines.docker),
    "shell": Dialect(lines.shell),
    "json": Dialect(documents.json, before="{\n", between=",\n", after="\n}\n", empty="{}\n"),
    "yaml": Dialect(documents.yaml, empty="{}\n"),
    "systemd": Dialect(lines.systemd),
}


def write(environment: Mapping[str, str], dialect: str) -> str:
    """Return `environment` as text in `dialect`, a key of `DIALECTS`, in the same order; encode it as UTF-8.

    Raise Inexpressible with every name that cannot be written: because it is not a variable's name, because its value
    has a NUL character, which no environment can hold, or because the dialect has no syntax for its value.
    """
    form = DIALECTS[dialect]
    written = {name: _variable(form, name, value) for name, value in environment.items()}
    if refused := [name for name, text in written.items() if text is None]:
        raise Inexpressible(refused, dialect)
    body = form.between.join(text for text in written.values() if text is not None)
    return f"{form.before}{body}{form.after}" if body else form.empty


def _variable(form: Dialect, name: str, value: str) -> str | None:
    # Any other name could be a shell command; a malicious server could send one for a file that a shell runs.
    if not NAME.fullmatch(name) or "\0" in value or not _is_unicode(value):
        return None
    return form.variable(name, value)


def _is_unicode(value: str) -> bool:
    return not re.search("[\ud800-\udfff]", value)
