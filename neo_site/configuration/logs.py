"""What is logged, and in which form."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def log_level(env: FileAwareEnv) -> str:
    level = str(env.str("NEO_LOG_LEVEL", default="INFO")).strip().upper()
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"NEO_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    return level


def logging_config(level: str) -> dict[str, Any]:
    """JSON lines on standard error. Tracebacks are places in the code, without messages: those may quote a value."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "neo_site.error_reports.JSONFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # These quote a request's path or Host header, which can hold anything that a client typed. What fails on
            # our side is logged by neo_rest.
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
