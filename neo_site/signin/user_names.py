"""User names as the lockout and the audit log count them."""

from __future__ import annotations

import unicodedata


def normalise(name: str) -> str:
    """Return `name` so that spellings which look alike are equal: Unicode form, letter case and blanks around it."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded).strip()
