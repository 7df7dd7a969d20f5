"""Functions that turn other texts into valid names of secrets, and taken names into free ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from secrets_app.models.secret import MAX_NAME_LENGTH, NAME_PATTERN

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VALID = re.compile(NAME_PATTERN)
_SEPARATORS = re.compile(r"[^A-Z0-9]+")


def sanitize(text: str) -> str:
    """Return `text` in upper snake case: `dbPassword` → `DB_PASSWORD`, `2fa key` → `SECRET_2FA_KEY`.

    A valid name stays as it is, apart from its length; accents are dropped. Raises ValueError if no letter A to Z and
    no digit is left. Costs time linear in the length.
    """
    if _VALID.search(text):
        return text[:MAX_NAME_LENGTH]
    plain = unicodedata.normalize("NFKD", text)
    words = _WORD_BOUNDARY.sub("_", "".join(c for c in plain if not unicodedata.combining(c)))
    name = _SEPARATORS.sub("_", words.upper()).strip("_")
    if not name:
        raise ValueError("no letter or digit")
    if not name[0].isalpha():
        name = f"SECRET_{name}"
    return name[:MAX_NAME_LENGTH].rstrip("_")


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the first of `name`, `name_2`, `name_3`, … that is not taken, cut to fit into `MAX_NAME_LENGTH`."""
    candidate, number = name, 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate, number = name[: MAX_NAME_LENGTH - len(suffix)] + suffix, number + 1
    return candidate
