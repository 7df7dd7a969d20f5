"""A pasted `.env`: which variables it assigns. No error quotes a line, since it may hold a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO

from django.utils.translation import gettext
from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable as Reference
from dotenv.variables import parse_variables

from secrets_app.models.names import sanitize
from secrets_app.models.secret import MAX_NAME_LENGTH, MAX_VALUE_LENGTH
from secrets_app.plaintext import Plaintext


@dataclass(frozen=True)
class Assignment:
    """One variable of the file: its name there, the name that its secret gets, its value, and its line."""

    written: str
    name: str
    value: Plaintext = field(repr=False)
    line: int
    is_empty: bool


class Faulty(ValueError):
    """The text cannot be imported. The message names lines and names, and no value."""


def read(text: str) -> list[Assignment]:
    """Return the assignments in their order, as python-dotenv reads them. Raises Faulty.

    `${NAME}` stands for an earlier value of the same text, never for a variable of this server.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = list(_assignments(text))
    if not found:
        raise Faulty(gettext("There is no assignment like NAME=value in this text."))
    _refuse_repetitions(found)
    return found


def _assignments(text: str) -> Iterator[Assignment]:
    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise Faulty(gettext("Line %(line)d is no assignment like NAME=value.") % {"line": _line_of(binding)})
        if binding.key is None:
            continue
        value = _expanded(binding, values)
        values[binding.key] = value
        yield Assignment(binding.key, _name_of(binding), Plaintext(value), _line_of(binding), not value)


def _expanded(binding: Binding, values: dict[str, str]) -> str:
    atoms = list(parse_variables(binding.value or ""))
    for atom in atoms:
        if isinstance(atom, Reference) and atom.default is None and atom.name not in values:
            raise Faulty(
                gettext("Line %(line)d refers to a variable that no line before it assigns.")
                % {"line": _line_of(binding)}
            )
    value = "".join(atom.resolve(values) for atom in atoms)
    if len(value) > MAX_VALUE_LENGTH:
        numbers = {"line": _line_of(binding), "limit": MAX_VALUE_LENGTH}
        raise Faulty(gettext("The value in line %(line)d is longer than %(limit)d characters.") % numbers)
    return value


def _name_of(binding: Binding) -> str:
    key = binding.key or ""
    try:
        if len(key) <= MAX_NAME_LENGTH:
            return sanitize(key)
    except ValueError:
        pass
    raise Faulty(gettext("No secret can have the name in line %(line)d.") % {"line": _line_of(binding)})


def _refuse_repetitions(found: Iterable[Assignment]) -> None:
    lines: dict[str, int] = {}
    for each in found:
        if each.name in lines:
            where = {"name": each.name, "first": lines[each.name], "second": each.line}
            raise Faulty(gettext("Lines %(first)d and %(second)d both assign %(name)s. Remove one of them.") % where)
        lines[each.name] = each.line


def _line_of(binding: Binding) -> int:
    # python-dotenv counts the empty lines before an assignment as part of it.
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
