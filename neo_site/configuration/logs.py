"""What is logged, and in which form."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATTERS = {"json": "neo_site.logs.formatters.JSONFormatter", "text": "neo_site.logs.formatters.TextFormatter"}


def log_level(env: FileAwareEnv) -> str:
    level = text(env, "NEO_LOG_LEVEL").upper() or "INFO"
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"NEO_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    return level


def log_format(env: FileAwareEnv, *, development: bool) -> str:
    form = text(env, "NEO_LOG_FORMAT").lower() or ("text" if development else "json")
    if form not in FORMATTERS:
        raise ImproperlyConfigured(f"NEO_LOG_FORMAT must be one of: {', '.join(FORMATTERS)}.")
    return form


def logging_config(level: str, form: str) -> dict[str, Any]:
    """Lines on standard error. Tracebacks are places in the code, without messages: those may quote a value."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": FORMATTERS[form]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # The server's own lines.
            "_granian": {"handlers": [], "propagate": True},
            # These quote a request's path or Host header, which can hold anything that a client typed. What fails on
            # our side is logged by neo_base.rest.
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
