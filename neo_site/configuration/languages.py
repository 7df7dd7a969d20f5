"""The languages of the pages."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

LANGUAGES = {"en": "English", "de": "Deutsch"}


def languages(env: FileAwareEnv) -> list[tuple[str, str]]:
    """Return the languages that browsers may choose, the default first; only one where NEO_LANGUAGE names it."""
    fixed = text(env, "NEO_LANGUAGE").lower()
    if fixed not in ("", *LANGUAGES):
        raise ImproperlyConfigured(f"NEO_LANGUAGE must be one of: {', '.join(LANGUAGES)}; or empty.")
    return [(code, name) for code, name in LANGUAGES.items() if fixed in ("", code)]
