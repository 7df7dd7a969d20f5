"""References to secrets, `{{$NAME}}`, in text, JSON and headers, and their replacement by values. No Django.

`NAME` is a secret's name: A to Z, 0 to 9 and `_`, beginning with a letter, at most 128 characters. Everything else
stays as it is: `{{name}}`, `{{ $NAME }}` and `{{$name}}` are ordinary text. To write a reference that is not resolved,
add a dollar sign: `{{$$NAME}}` becomes `{{$NAME}}`, and `{{$$$NAME}}` becomes `{{$$NAME}}`.

Values are inserted unchanged, and a reference inside a value is not resolved. Either all references are resolved, or an
error is raised, which shows names and never a value. The cost is linear in the sizes of input and output.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MAX_LENGTH = 8 * 1024 * 1024
"""The most characters that one call returns."""

MAX_DEPTH = 64
"""The deepest nesting of arrays and objects."""

# The quantifiers are possessive, so that matching never goes back, and takes linear time.
_REFERENCE = re.compile(r"\{\{\$(\$*+)([A-Z][A-Z0-9_]{0,127}+)\}\}")
_BREAKS_HEADERS = re.compile(r"[\r\n\0]")


class UnresolvedReferences(ValueError):
    """The base of errors because of which references were not resolved. The message shows no value."""


class UnknownNames(UnresolvedReferences):
    """An error for names without a secret. `names` has all of them, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__("".join(f"There is no secret {name}. " for name in self.names).rstrip())


class UnfitForHeaders(UnresolvedReferences):
    """An error for line breaks and NULs in headers. `names` has the headers and secrets that contain one, sorted."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        named = ", ".join(map(ascii, self.names))
        super().__init__(f"Headers cannot contain line breaks or NUL. Remove them from {named}.")


class TooLarge(UnresolvedReferences):
    """An error for more than `MAX_LENGTH` characters of output, or for nesting deeper than `MAX_DEPTH`."""


class KeysCollide(UnresolvedReferences):
    """An error for an object with two keys that are the same once resolved."""

    def __init__(self) -> None:
        super().__init__("Two keys of one object are the same once their references are resolved. Rename one of them.")


def resolve(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each reference replaced by its value.

    Raises UnknownNames with every name that `values` lacks, and TooLarge.
    """
    _check([text], values)
    return _resolved(text, values)


def resolve_json(tree: Any, values: Mapping[str, str]) -> Any:
    """Return a copy of parsed JSON with references resolved in every string and key.

    Raises UnknownNames with every name that `values` lacks, TooLarge, KeysCollide, and TypeError if `tree` holds
    anything that `json.loads` does not return.
    """
    _check(_texts(tree), values)
    return _rewritten(tree, lambda text: _resolved(text, values))


def resolve_headers(headers: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return HTTP headers with references resolved in their values. Their names stay as they are.

    Raises UnknownNames, TooLarge, and UnfitForHeaders for a line break, which could begin another header (RFC 9110,
    section 5.5).
    """
    _check(headers.values(), values)
    unfit = {name for name, text in headers.items() if _BREAKS_HEADERS.search(name + text)}
    used = set().union(*map(names_in, headers.values()))
    unfit |= {name for name in used if _BREAKS_HEADERS.search(values[name])}
    if unfit:
        raise UnfitForHeaders(unfit)
    return {name: _resolved(text, values) for name, text in headers.items()}


def names_in(tree: Any) -> set[str]:
    """Return the names in the references of a text or of JSON. Raises TooLarge and TypeError as `resolve_json` does."""
    return {name for text in _texts(tree) for name in _names(text)}


def escape(text: str) -> str:
    """Return `text` escaped, so that `resolve` returns the original text."""
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
        raise TooLarge(f"The result would have more than {MAX_LENGTH:,} characters. Resolve it in parts.")


def _names(text: str) -> list[str]:
    """Return the name of each reference in `text`, with repetitions."""
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
            raise TooLarge(f"Arrays and objects are nested more than {MAX_DEPTH} deep. Make the JSON flatter.")
        case list():
            return [_rewritten(item, rewrite, depth + 1) for item in tree]
        case dict() if all(isinstance(key, str) for key in tree):
            rewritten = {rewrite(key): _rewritten(item, rewrite, depth + 1) for key, item in tree.items()}
            if len(rewritten) < len(tree):
                raise KeysCollide
            return rewritten
        case _:
            raise TypeError("This is not JSON. Use dict with str as keys, list, str, int, float, bool and None.")
