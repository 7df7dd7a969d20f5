"""Dotenv files, which have no standard: one of several readers says what a file means.

| reader | reads as |
| --- | --- |
| `python-dotenv` | python-dotenv: `${NAME}` is expanded, backticks are ordinary characters |
| `node` | node's dotenv: nothing is expanded, backticks are quotes, any `#` begins a comment |
| `literal` | python-dotenv, but `${NAME}` stays as it is written |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

from neo_cli.exits import Failure
from neo_cli.imports import node_dotenv
from neo_cli.imports.variables import Variable, listed, refused
from neo_cli.text import note, printable

if TYPE_CHECKING:
    from dotenv.parser import Binding
    from dotenv.variables import Atom

PYTHON, NODE, LITERAL = READERS = ("python-dotenv", "node", "literal")


def read(text: str, reader: str) -> list[Variable]:
    """Return the variables in file order, repeated ones too; tell on stderr what other readers would read.

    Raise Failure with the line if a line is no assignment, and if a reference is to a name that the file does not
    assign.
    """
    text = text.removeprefix("\ufeff")
    if reader == NODE:
        return node_dotenv.parse(text)
    written = _parse(text)
    if reader == LITERAL:
        return written
    _tell_differences(text, written)
    return _expanded(written)


def _parse(text: str) -> list[Variable]:
    from dotenv.parser import parse_stream

    found: list[Variable] = []
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            raise refused(_no_assignment(binding, found, text))
        if binding.key is not None:
            found.append(Variable(binding.key, binding.value or "", _line_of(binding)))
    return found


def _expanded(written: list[Variable]) -> list[Variable]:
    """Return the variables with their references replaced, as python-dotenv does, by earlier values of this file.

    The variables of this machine, which python-dotenv also takes, are none of the file's.
    """
    from dotenv.variables import parse_variables

    values: dict[str, str] = {}
    expanded: list[Variable] = []
    for variable in written:
        atoms = list(parse_variables(variable.value))
        _refuse_unknown(variable, atoms, values)
        values[variable.name] = "".join(atom.resolve(values) for atom in atoms)
        expanded.append(replace(variable, value=values[variable.name]))
    changed = [after for before, after in zip(written, expanded, strict=True) if before != after]
    if changed:
        note(
            f"Expanded ${{…}} in {listed(changed)}, as python-dotenv does. To store such values as they are written: "
            f"--reader {LITERAL}."
        )
    return expanded


def _refuse_unknown(variable: Variable, atoms: Iterable[Atom], values: Collection[str]) -> None:
    from dotenv.variables import Variable as Reference

    for atom in atoms:
        if isinstance(atom, Reference) and atom.default is None and atom.name not in values:
            raise refused(
                f"{variable} refers to ${{{printable(atom.name)}}}, which no line before it assigns. Assign it, or "
                f"store the text as it is written: --reader {LITERAL}."
            )


def _tell_differences(text: str, written: list[Variable]) -> None:
    try:
        others = {each.line: each.value for each in node_dotenv.parse(text)}
    except Failure:
        return
    different = [each for each in written if others.get(each.line, each.value) != each.value]
    if different:
        note(
            f"python-dotenv and node's dotenv read {listed(different)} differently, because of backticks, # or "
            f"escapes. They are stored as python-dotenv reads them; for the other way: --reader {NODE}."
        )


def _no_assignment(binding: Binding, found: list[Variable], text: str) -> str:
    trouble = f"Line {_line_of(binding)} is not an assignment like NAME=value."
    try:
        node_dotenv.parse(text)
    except Failure:
        above = f" If the value of {found[-1]} goes on here, put it into quotes." if found else ""
        return f"{trouble}{above or ' Correct it.'}"
    return f"{trouble} node's dotenv can read the file: --reader {NODE}."


def _line_of(binding: Binding) -> int:
    # python-dotenv counts the empty lines before an assignment as part of it.
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
