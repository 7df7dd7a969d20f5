"""An environment written down for a program that reads it: `DIALECTS` by name. No Django inside.

| dialect | for |
| --- | --- |
| `dotenv` | python-dotenv and node's dotenv: what is written means the same to both |
| `docker` | `docker run --env-file`; also `podman` |
| `shell` | `. FILE` in bash and other POSIX shells; exports |
| `systemd` | `EnvironmentFile=` of a unit |
| `json`, `yaml` | one object with text as values |

What is written is read back exactly. What a dialect cannot express is refused, by name, and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from neo_cli.dialects import documents, dotenv, lines

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Inexpressible(ValueError):
    """The dialect cannot express these variables: `names`, sorted. The message shows no value."""

    def __init__(self, names: list[str], dialect: str) -> None:
        self.names, self.dialect = sorted(names), dialect
        named = ", ".join(map(ascii, self.names))
        super().__init__(f"The dialect {dialect} cannot express {named}; nothing was written. Try json, yaml or shell.")


class Dialect(NamedTuple):
    """How one variable is written, None where that cannot be; and what stands around and between them."""

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
    """`environment` in `dialect`, a key of `DIALECTS`, in its order; to be encoded as UTF-8.

    Raises Inexpressible with every name that cannot be written: one that is no name of a variable, one whose value has
    NUL, which no environment can hold, or one whose value this dialect has no words for.
    """
    form = DIALECTS[dialect]
    written = {name: _variable(form, name, value) for name, value in environment.items()}
    if refused := [name for name, text in written.items() if text is None]:
        raise Inexpressible(refused, dialect)
    body = form.between.join(text for text in written.values() if text is not None)
    return f"{form.before}{body}{form.after}" if body else form.empty


def _variable(form: Dialect, name: str, value: str) -> str | None:
    # A server that sent other names could put commands into a file that a shell runs.
    if not NAME.fullmatch(name) or "\0" in value or not _is_unicode(value):
        return None
    return form.variable(name, value)


def _is_unicode(value: str) -> bool:
    return not re.search("[\ud800-\udfff]", value)
