"""The kinds of data that an audit event may carry. None of them is free text.

A kind is a function that returns the value as JSON holds it, and raises TypeError or ValueError for anything else. No
kind takes a text that somebody has written: values, tokens and notes have no way into the audit log. An app may add
kinds of its own from `listed` and `matching`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Kind = Callable[[Any], Any]

MAX_ITEMS = 1_000
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_ROUTE = re.compile(r"[A-Za-z0-9_<>:./*-]{0,200}")


def flag(value: Any) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def number(value: Any) -> int:
    """Return a whole number from 0 to 2**53 - 1, which every JSON parser reads exactly."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value < 2**53:
        raise ValueError
    return value


def word(value: Any) -> str:
    """Return a word from the code: a role, the name of a field, an error code; up to 64 characters."""
    return matching(_WORD, value)


def words(value: Any) -> list[str]:
    """Return a list of words."""
    return [word(each) for each in listed(value)]


def route(value: Any) -> str:
    """Return the pattern of a URL, with its converters in place of what the client sent."""
    return matching(_ROUTE, value)


def moment(value: Any) -> str | None:
    """Return a time in UTC, in ISO format; None where there is none, as for what never expires."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def identifier(value: Any) -> str | None:
    """Return a UUID as text; None where there is none."""
    if value is None:
        return None
    if not isinstance(value, UUID):
        raise TypeError
    return str(value)


def listed(value: Any, limit: int = MAX_ITEMS) -> list[Any]:
    """Return the items of a list, a set or another iterable of at most `limit` items; for kinds that hold several."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError
    items = list(value)
    if len(items) > limit:
        raise ValueError
    return items


def matching(form: re.Pattern[str], value: Any) -> str:
    """Return a text that `form` matches as a whole; for kinds of texts."""
    if not isinstance(value, str):
        raise TypeError
    if not form.fullmatch(value):
        raise ValueError
    return str(value)
