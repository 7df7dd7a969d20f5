"""References to secrets, `{{$NAME}}`, in text, JSON and headers, and the values that take their place. No Django.

`NAME` is a secret's name: A to Z, 0 to 9 and `_`, a letter first, at most 128 characters. Nothing else is touched or
evaluated: `{{name}}`, `{{ $NAME }}` and `{{$name}}` are text like any other. A reference that is to stay one is written
with one more dollar sign: `{{$$NAME}}` becomes `{{$NAME}}`, and `{{$$$NAME}}` becomes `{{$$NAME}}`.

Values are put in as they are and once: a reference inside a value stays. It is all or nothing, the work is linear in
what goes in and comes out, and errors show names and never a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MAX_LENGTH = 8 * 1024 * 1024
"""Characters that come out of one call, at most."""

MAX_DEPTH = 64
"""Arrays and objects inside one another, at most."""

# Possessive, so that nothing is tried twice.
_REFERENCE = re.compile(r"\{\{\$(\$*+)([A-Z][A-Z0-9_]{0,127}+)\}\}")
_BREAKS_HEADERS = re.compile(r"[\r\n\0]")


class UnresolvedReferences(ValueError):
    """Why references were not resolved. The message says what to do and shows no value."""


class UnknownNames(UnresolvedReferences):
    """There are no secrets of these `names`: every one of them, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__("".join(f"There is no secret {name}. " for name in self.names).rstrip())


class UnfitForHeaders(UnresolvedReferences):
    """A line break or NUL stands in a header's text or in the value of a secret for it: `names` are theirs, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        named = ", ".join(map(ascii, self.names))
        super().__init__(f"A header can hold no line break and no NUL; take them out of {named}.")


class TooLarge(UnresolvedReferences):
    """More than `MAX_LENGTH` characters would come out, or arrays and objects are deeper than `MAX_DEPTH`."""


class KeysCollide(UnresolvedReferences):
    """Two keys of an object would be the same."""

    def __init__(self) -> None:
        super().__init__("Two keys of one object are the same once their references are resolved. Rename one of them.")


def resolve(text: str, values: Mapping[str, str]) -> str:
    """`text` with the value of each reference in its place.

    Raises UnknownNames with every name that `values` lacks, and TooLarge.
    """
    _check([text], values)
    return _resolved(text, values)


def resolve_json(tree: Any, values: Mapping[str, str]) -> Any:
    """A copy of what `json.loads` returned, references resolved in every text, also in keys; all else as it is.

    Raises UnknownNames with every name that `values` lacks, TooLarge, KeysCollide, and TypeError for what is no JSON.
    """
    _check(_texts(tree), values)
    return _rewritten(tree, lambda text: _resolved(text, values))


def resolve_headers(headers: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """HTTP headers with references resolved in their values; their names stay as they are.

    Raises UnknownNames and TooLarge, and UnfitForHeaders where a line break could begin another header (RFC 9110, 5.5).
    """
    _check(headers.values(), values)
    unfit = {name for name, text in headers.items() if _BREAKS_HEADERS.search(name + text)}
    used = set().union(*map(names_in, headers.values()))
    unfit |= {name for name in used if _BREAKS_HEADERS.search(values[name])}
    if unfit:
        raise UnfitForHeaders(unfit)
    return {name: _resolved(text, values) for name, text in headers.items()}


def names_in(tree: Any) -> set[str]:
    """The names in the references of a text or of JSON. Raises TooLarge and TypeError as `resolve_json` does."""
    return {name for text in _texts(tree) for name in _names(text)}


def escape(text: str) -> str:
    """What `resolve` turns back into `text`, whatever the values."""
    return _REFERENCE.sub(lambda found: f"{{{{$${found[1]}{found[2]}}}}}", text)


def _check(texts: Iterable[str], values: Mapping[str, str]) -> None:
    unknown: set[str] = set()
    length = 0
    for text in texts:
        names = _names(text)
        unknown.update(name for name in names if name not in values)
        length += len(text) + sum(len(values[name]) for name in names if name in values)
    if unknown:
        raise UnknownNames(unknown)
    if length > MAX_LENGTH:
        raise TooLarge(f"With its references resolved this would have more than {MAX_LENGTH:,} characters.")


def _names(text: str) -> list[str]:
    """As often as they stand there."""
    return [name for dollars, name in _REFERENCE.findall(text) if not dollars]


def _resolved(text: str, values: Mapping[str, str]) -> str:
    def replacement(found: re.Match[str]) -> str:
        dollars, name = found.groups()
        return f"{{{{{dollars}{name}}}}}" if dollars else values[name]

    return _REFERENCE.sub(replacement, text)


def _texts(tree: Any) -> list[str]:
    texts: list[str] = []

    def keep(text: str) -> str:
        texts.append(text)
        return text

    _rewritten(tree, keep)
    return texts


def _rewritten(tree: Any, rewrite: Callable[[str], str], depth: int = 0) -> Any:
    match tree:
        case str():
            return rewrite(tree)
        case None | bool() | int() | float():
            return tree
        case dict() | list() if depth == MAX_DEPTH:
            raise TooLarge(f"Arrays and objects are more than {MAX_DEPTH} deep.")
        case list():
            return [_rewritten(item, rewrite, depth + 1) for item in tree]
        case dict() if all(isinstance(key, str) for key in tree):
            rewritten = {rewrite(key): _rewritten(item, rewrite, depth + 1) for key, item in tree.items()}
            if len(rewritten) < len(tree):
                raise KeysCollide
            return rewritten
        case _:
            raise TypeError("JSON is made of dict with text as keys, list, str, int, float, bool and None.")
