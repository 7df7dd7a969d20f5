"""The dictionaries of settings that a site gives to these apps, and messages of system checks about their types.

No message repeats a value: it may be a key.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def site_dictionary(name: str) -> Mapping[str, Any]:
    """The setting of this name; empty where it is missing, or is no dictionary, of which a check tells."""
    given = getattr(settings, name, {})
    return given if isinstance(given, dict) else {}


def unless_dictionary(name: str, id_: str) -> list[CheckMessage]:
    if isinstance(getattr(settings, name, {}), dict):
        return []
    return [Error(f"{name} is not a dictionary.", f"{name} = {{…}}, or leave it out. Nothing in it counts.", id=id_)]


def unknown_keys(name: str, settings_class: type, id_: str) -> list[CheckMessage]:
    """Return an error for each key of the dictionary that is no property of `settings_class`."""
    known = [each.upper() for each, value in vars(settings_class).items() if isinstance(value, property)]
    return [
        Error(f"{name} has no key {key!r}.", hint=_meant(str(key), known), id=id_)
        for key in site_dictionary(name)
        if key not in known
    ]


def unless_counts(name: str, keys: Iterable[str], id_: str) -> list[CheckMessage]:
    """For each of these settings that is there, and is no whole number above 0."""
    given = site_dictionary(name)
    hint = "Give a number, and not text: int(…) around what comes from the environment."
    return [
        Error(f"{name}[{key!r}] must be a whole number, at least 1.", hint, id=id_)
        for key in keys
        if key in given and not (_is_whole(given[key]) and given[key] >= 1)
    ]


def unless_of_type(name: str, key: str, kinds: tuple[type, ...], words: str, id_: str) -> list[CheckMessage]:
    given = site_dictionary(name)
    if key not in given or isinstance(given[key], kinds):
        return []
    return [Error(f"{name}[{key!r}] must be {words}.", "Leave it out for the default.", id=id_)]


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else "docs/settings.md lists the keys."


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
