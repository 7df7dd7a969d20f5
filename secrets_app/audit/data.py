"""What an event may carry besides whom and what it is about: a few kinds of values, none of them free text.

Each kind is a function that returns the value as JSON holds it, and raises TypeError or ValueError for anything else.
There is none for a text that somebody has written: values, tokens and notes have no way in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Kind = Callable[[Any], Any]

MAX_ITEMS = 1_000
# A task may see every secret of two owners, and their operator says how many these hold.
MAX_EXPOSED = 100_000
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_ROUTE = re.compile(r"[A-Za-z0-9_<>:./*-]{0,200}")
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value < 2**53:
        raise ValueError
    return value


def word(value: Any) -> str:
    """A word of the code's own: a role, a field, an error code."""
    return _matching(_WORD, value)


def words(value: Any) -> list[str]:
    return [word(each) for each in _listed(value)]


def route(value: Any) -> str:
    """The pattern of an address, never the address."""
    return _matching(_ROUTE, value)


def moment(value: Any) -> str | None:
    """A time, in UTC; None where there is none, as for what never expires."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def identifier(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, UUID):
        raise TypeError
    return str(value)


def exposed(value: Any) -> list[dict[str, Any]]:
    """Which secrets were given out: the id, name and version of each."""
    return [
        {"id": identifier(each["id"]), "name": _matching(_NAME, each["name"]), "version": number(each["version"])}
        for each in _listed(value, MAX_EXPOSED)
    ]


def _listed(value: Any, limit: int = MAX_ITEMS) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError
    items = list(value)
    if len(items) > limit:
        raise ValueError
    return items


def _matching(form: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if not form.fullmatch(value):
        raise ValueError
    return str(value)
