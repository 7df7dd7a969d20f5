"""The level and the format of the log."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATTERS = {"json": "neo_site.logs.formatters.JSONFormatter", "text": "neo_site.logs.formatters.TextFormatter"}


def log_level(env: FileAwareEnv) -> str:
    """Return the level from which on records are written; INFO by default."""
    level = text(env, "NEO_LOG_LEVEL").upper() or "INFO"
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"NEO_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    return level


def log_format(env: FileAwareEnv, *, development: bool) -> str:
    """Return the name of the format: by default `json`, and `text` in development."""
    form = text(env, "NEO_LOG_FORMAT").lower() or ("text" if development else "json")
    if form not in FORMATTERS:
        raise ImproperlyConfigured(f"NEO_LOG_FORMAT must be one of: {', '.join(FORMATTERS)}.")
    return form


def logging_config(level: str, form: str) -> dict[str, Any]:
    """Return Django's LOGGING: lines on standard error, without the messages of exceptions, which may quote a value."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": FORMATTERS[form]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # The lines of the server, granian.
            "_granian": {"handlers": [], "propagate": True},
            # These quote the path or the Host header of a request, which may hold anything that a client typed.
            # Faults of the server have a line of their own, without what the client sent.
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Three lines for each job of the worker, which has one of its own.
            "apscheduler": {"level": "WARNING"},
            # Its lines for developers quote what a client sent.
            "oauthlib": {"level": "WARNING"},
        },
    }
