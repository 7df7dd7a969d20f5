"""Access to a site's dictionaries of settings, and system check messages about their keys and types.

No message repeats a value, since it may be a key.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def site_dictionary(name: str) -> Mapping[str, Any]:
    """Return the setting of this name; empty if it is missing, or is no dictionary, which a check reports."""
    given = getattr(settings, name, {})
    return given if isinstance(given, dict) else {}


def unless_dictionary(name: str, id_: str) -> list[CheckMessage]:
    """Return an error if the setting `name` is no dictionary."""
    if isinstance(getattr(settings, name, {}), dict):
        return []
    return [
        Error(
            f"{name} is not a dictionary.",
            f"Set {name} = {{…}}, or remove it. Until then, all of its defaults apply.",
            id=id_,
        )
    ]


def unknown_keys(name: str, settings_class: type, id_: str) -> list[CheckMessage]:
    """Return an error for each key of the dictionary that is no property of `settings_class`."""
    known = [each.upper() for each, value in vars(settings_class).items() if isinstance(value, property)]
    return [
        Error(f"{name} has an unknown key {key!r}.", hint=_meant(str(key), known), id=id_)
        for key in site_dictionary(name)
        if key not in known
    ]


def unless_counts(name: str, keys: Iterable[str], id_: str) -> list[CheckMessage]:
    """Return an error for each of `keys` that is set, but is no whole number of at least 1."""
    given = site_dictionary(name)
    hint = "Set it to a number, not to text: wrap what comes from the environment in int(…)."
    return [
        Error(f"{name}[{key!r}] must be a whole number, at least 1.", hint, id=id_)
        for key in keys
        if key in given and not (_is_whole(given[key]) and given[key] >= 1)
    ]


def unless_of_type(name: str, key: str, kinds: tuple[type, ...], words: str, id_: str) -> list[CheckMessage]:
    """Return an error if `key` is set and is of none of `kinds`; `words` names the kinds in the message."""
    given = site_dictionary(name)
    if key not in given or isinstance(given[key], kinds):
        return []
    return [Error(f"{name}[{key!r}] must be {words}.", "Correct it, or remove it to use the default.", id=id_)]


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else "docs/settings.md lists the keys."


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
