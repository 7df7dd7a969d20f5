"""`.neo.toml`: what commands below a folder use, unless options or variables say otherwise. It holds no credential."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neo_cli.exits import Exit, Failure

FILE_NAME = ".neo.toml"
MAX_BYTES = 100_000
SELECTED = re.compile(r"(?:personal:)?[A-Z][A-Z0-9_]{0,127}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Our tokens and their like, and JSON Web Tokens: whatever is long, mixed and without a blank behind such a beginning.
CREDENTIAL = re.compile(r"neo_(?:sk|task)_|eyJ[A-Za-z0-9_-]{10,}\.|gh[pousr]_|github_pat_|-----BEGIN")


@dataclass(frozen=True)
class ProjectFile:
    """The content of one `.neo.toml`; of none, nothing."""

    path: Path | None = None
    server: str = ""
    project: str = ""
    secrets: tuple[str, ...] = ()
    allow_names: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    """By the name of a secret, the variable as which commands get it."""

    def variable_of(self, name: str) -> str:
        """Return the variable as which commands get the secret of this name."""
        return self.aliases.get(name, name)

    def variables_of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the variables of these secrets by name. Raise Failure if two are the same."""
        variables = {name: self.variable_of(name) for name in names}
        twice = sorted(variable for variable, count in Counter(variables.values()).items() if count > 1)
        if twice:
            raise Failure(
                f"Several secrets would be given as {', '.join(twice)}. Change the aliases in {self.path}.",
                Exit.CONFIGURATION,
            )
        return variables


def project_file(folder: Path | None = None) -> ProjectFile:
    """Return the file of this folder, or of the nearest one above; an empty one if there is none.

    Raise Failure if it says what it must not, or if somebody else could have written it.
    """
    start = folder or _current_folder()
    for each in (start, *start.parents) if start else ():
        path = each / FILE_NAME
        if path.is_file():
            return _read(path)
    return ProjectFile()


def _current_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:
        # It has been deleted, or is out of reach.
        return None


def _read(path: Path) -> ProjectFile:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None
    if status.st_uid not in (os.getuid(), 0) or status.st_mode & stat.S_IWOTH:
        # As in /tmp, where anybody may put one above the folder of somebody else.
        raise _refused(path, "belongs to another user, or others can write it. Delete it, or make it yours")
    if len(content) > MAX_BYTES:
        raise _refused(path, f"is longer than {MAX_BYTES:,} bytes")
    try:
        table = tomllib.loads(content.decode())
    except ValueError as error:
        # Of tomllib's message only the place: the rest may quote the content.
        place = re.search(r"at line \d+, column \d+|at end of document", str(error))
        raise _refused(path, f"is not TOML{' (' + place[0] + ')' if place else ''}") from None
    return _checked(path, table)


def _checked(path: Path, table: dict[str, Any]) -> ProjectFile:
    if CREDENTIAL.search(repr(table)):
        raise _refused(path, "contains a credential. Take it out, and revoke it: files like this one are shared")
    unknown = sorted(table.keys() - CHECKS.keys())
    if unknown:
        raise _refused(path, f"has unknown keys: {', '.join(map(repr, unknown))}. Allowed: {', '.join(CHECKS)}")
    for key, content in table.items():
        is_right, form = CHECKS[key]
        if not is_right(content):
            raise _refused(path, f"has a wrong {key!r}. Write {form}")
    lists = {key: tuple(table.get(key, ())) for key in ("secrets", "allow_names")}
    return ProjectFile(path, **(table | lists))


def _refused(path: Path, trouble: str) -> Failure:
    return Failure(f"{path} {trouble}.", Exit.CONFIGURATION)


def _is_text(content: Any) -> bool:
    return isinstance(content, str) and bool(content) and content.isprintable()


def _is_list_of(form: re.Pattern[str], content: Any) -> bool:
    return isinstance(content, list) and all(isinstance(each, str) and form.fullmatch(each) for each in content)


def _is_aliases(content: Any) -> bool:
    return isinstance(content, dict) and all(
        SELECTED.fullmatch(name) and isinstance(variable, str) and VARIABLE.fullmatch(variable)
        for name, variable in content.items()
    )


CHECKS = {
    "server": (_is_text, 'server = "https://secrets.example.com"'),
    "project": (_is_text, 'project = "a name or an id"'),
    "secrets": (lambda content: _is_list_of(SELECTED, content), 'secrets = ["DEPLOY_KEY", "personal:NPM_TOKEN"]'),
    "allow_names": (lambda content: _is_list_of(VARIABLE, content), 'allow_names = ["NODE_OPTIONS"]'),
    "aliases": (_is_aliases, '[aliases], and below it lines such as APP_ENV = "_APP_ENV"'),
}
