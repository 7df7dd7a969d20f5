"""JSON and YAML documents as trees whose leaves keep the text that was written: `1.10` stays `1.10`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from neo_cli.imports.variables import Variable, refused
from neo_cli.text import printable

TOO_DEEP = "The file is nested too deeply."


class Pairs(list[tuple[str, Any]]):
    """The members of an object, in order and with repetitions, which a dict would hide."""


class Document:
    """A parsed document, which can tell on which line a member is."""

    def __init__(self, text: str, tree: Any) -> None:
        self.tree = tree
        self._lines = text.split("\n")

    def variables(self, members: Any, *, where: str = "The file") -> list[Variable]:
        """Return the members of an object as variables. Raise Failure if a value is not a text, number or boolean."""
        if not isinstance(members, Pairs):
            raise refused(f"{where} is not an object of names and values.")
        seen: dict[str, int] = {}
        found = []
        for name, value in members:
            lines = self._lines_of(name)
            line = lines[min(seen.get(name, 0), len(lines) - 1)] if lines else 0
            seen[name] = seen.get(name, 0) + 1
            found.append(Variable(name, self._text(name, value, line), line))
        return found

    def _text(self, name: str, value: Any, line: int) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        if isinstance(value, bool):
            return "true" if value else "false"
        raise refused(f"{Variable(name, '', line)} is an object or a list. Write it as a text, such as JSON in quotes.")

    def _lines_of(self, name: str) -> list[int]:
        key = re.compile(rf"""(?:^|[\s{{,])["']?{re.escape(json.dumps(name, ensure_ascii=False)[1:-1])}["']?\s*:""")
        return [number for number, line in enumerate(self._lines, start=1) if key.search(line)]


def parse_json(text: str) -> Document:
    """Parse JSON. Raise Failure with the line if it is none."""
    try:
        tree = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_refuse_constant, object_pairs_hook=Pairs
        )
    except json.JSONDecodeError as error:
        raise refused(f"Line {error.lineno} is not JSON: {error.msg}.") from None
    except RecursionError:
        raise refused(TOO_DEEP) from None
    return Document(text, tree)


def parse_yaml(text: str) -> Document:
    """Parse YAML. Raise Failure with the line if it is none."""
    import yaml

    try:
        return Document(text, _tree(yaml.compose(text, Loader=yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(f"Line {line} is not YAML: {printable(error.problem or error.context or 'a mistake')}.") from None
    except yaml.YAMLError:
        raise refused("The file is not YAML.") from None
    except RecursionError:
        raise refused(TOO_DEEP) from None


def _tree(node: Any) -> Any:
    """Return a node of YAML in the form of JSON's; of what is no text, the text as it is written."""
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return None
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [None for _ in node.value]
    return Pairs((_tree(key), _tree(value)) if key.id == "scalar" else ("", None) for key, value in node.value)


def mapping(tree: Any) -> Mapping[str, Any]:
    """Return an object's members by name, of repeated ones the last; empty if it is no object."""
    return dict(tree) if isinstance(tree, Pairs) else {}


def items(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a list."""
    yield from map(mapping, tree if isinstance(tree, list) and not isinstance(tree, Pairs) else [])


def _refuse_constant(constant: str) -> Any:
    raise refused(f"{constant} is no JSON.")
