"""Names of secrets: another form made upper snake case, a taken one given a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from secrets_app.models.secret import MAX_NAME_LENGTH, NAME_PATTERN

_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RIGHT_FORM = re.compile(NAME_PATTERN)
_OTHER = re.compile(r"[^A-Z0-9]+")


def sanitize(text: str) -> str:
    """`text` as upper snake case: `dbPassword` → `DB_PASSWORD`, `api-key 2` → `API_KEY_2`, `2fa` → `SECRET_2FA`.

    A name that has the right form stays as it is; accents are dropped. Raises ValueError when no letter A to Z and no
    digit is left. Linear in the length.
    """
    if _RIGHT_FORM.search(text):
        return text[:MAX_NAME_LENGTH]
    plain = unicodedata.normalize("NFKD", text)
    words = _WORD_BOUNDARY.sub("_", "".join(c for c in plain if not unicodedata.combining(c)))
    name = _OTHER.sub("_", words.upper()).strip("_")
    if not name:
        raise ValueError("no letter or digit")
    if not name[0].isalpha():
        name = f"SECRET_{name}"
    return name[:MAX_NAME_LENGTH].rstrip("_")


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or the first of `name_2`, `name_3`, … that is not taken, within the greatest length."""
    candidate, number = name, 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate, number = name[: MAX_NAME_LENGTH - len(suffix)] + suffix, number + 1
    return candidate
