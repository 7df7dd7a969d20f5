"""The mail of both apps: whether the site sends any, and texts that people typed, made safe for headers."""

from __future__ import annotations

import unicodedata

from django.conf import settings

NO_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def is_on() -> bool:
    """Return whether this site sends mail. From Django 6.1 on, `MAILERS` may replace `EMAIL_BACKEND`."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is None:
        return bool(settings.EMAIL_BACKEND != NO_BACKEND)
    return "default" in mailers and mailers["default"].get("BACKEND") != NO_BACKEND


def one_line(text: str) -> str:
    """Return `text` without line breaks and other control characters, so that it cannot begin a header or a line."""
    kept = (" " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") else character for character in text)
    return " ".join("".join(kept).split())
