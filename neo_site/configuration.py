"""Reading and refusing settings; the rules behind `settings.py`.

Messages name the variable and the fix, never a value.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

MIN_KEY_BYTES = 32
PROFILES = ("production", "development")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
ON = ("true", "yes", "on", "1")
OFF = ("false", "no", "off", "0")
SQLITE = "django.db.backends.sqlite3"


def whole_number(env: FileAwareEnv, name: str, *, default: int) -> int:
    text = str(env.str(name, default="")).strip()
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ImproperlyConfigured(f"{name} must be a whole number.")
    return int(text) if text else default


def switch(env: FileAwareEnv, name: str, *, default: bool) -> bool:
    """A setting that is on or off. A mistyped word is refused: it would silently mean off."""
    text = str(env.str(name, default="")).strip().lower()
    if text not in ("", *ON, *OFF):
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return text in ON if text else default


def names(env: FileAwareEnv, name: str, *, default: list[str]) -> list[str]:
    """A comma-separated list, spaces and line ends around its entries dropped."""
    return [entry.strip() for entry in env.list(name, default=default) if entry.strip()]


def log_level(env: FileAwareEnv) -> str:
    level = str(env.str("NEO_LOG_LEVEL", default="INFO")).strip().upper()
    if level not in LOG_LEVELS:
        raise ImproperlyConfigured(f"NEO_LOG_LEVEL must be one of: {', '.join(LOG_LEVELS)}.")
    return level


def is_development(profile: str) -> bool:
    if profile not in PROFILES:
        raise ImproperlyConfigured(f"NEO_PROFILE must be one of: {', '.join(PROFILES)}.")
    return profile == "development"


class KeyReader:
    """Reads signing keys from the environment or, in development, from the files that `make run` has made."""

    def __init__(self, env: FileAwareEnv, data_dir: Path, *, development: bool) -> None:
        self._env = env
        self._data_dir = data_dir
        self._development = development

    def read(self, name: str, *, file: str) -> str:
        """The key called `name`; raises ImproperlyConfigured when it is missing, short or a known default."""
        key = str(self._env.str(name, default="")).strip() or self._from_file(file)
        fix = f"Set {name}, or {name}_FILE to the path of a file, to at least {MIN_KEY_BYTES} random bytes."
        if not key:
            raise ImproperlyConfigured(f"{name} is not set. {fix}")
        if len(key.encode()) < MIN_KEY_BYTES or len(set(key)) < 10:
            raise ImproperlyConfigured(f"{name} is too short or too simple. {fix}")
        if key.startswith("django-insecure-"):
            raise ImproperlyConfigured(f"{name} is one of Django's generated insecure defaults. {fix}")
        return key

    def require_distinct(self, **keys: str) -> None:
        if len(set(keys.values())) != len(keys):
            raise ImproperlyConfigured(f"{' and '.join(keys)} must differ from one another.")

    def _from_file(self, file: str) -> str:
        path = self._data_dir / file
        return path.read_text().strip() if self._development and path.is_file() else ""


def debug(env: FileAwareEnv, *, development: bool) -> bool:
    wanted = switch(env, "NEO_DEBUG", default=False)
    if wanted and not development:
        raise ImproperlyConfigured("NEO_DEBUG is refused in the production profile: its error pages show internals.")
    return wanted


def allowed_hosts(env: FileAwareEnv, *, development: bool) -> list[str]:
    default = ["127.0.0.1", "localhost", "[::1]"] if development else []
    hosts = names(env, "NEO_ALLOWED_HOSTS", default=default)
    if not hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS is not set. List the host names that this site answers to.")
    if "*" in hosts:
        raise ImproperlyConfigured("NEO_ALLOWED_HOSTS must name hosts; '*' lets anyone forge the host of links.")
    return hosts


def proxy_tls_header(env: FileAwareEnv) -> tuple[str, str] | None:
    header = str(env.str("NEO_PROXY_TLS_HEADER", default=""))
    return (f"HTTP_{header.upper().replace('-', '_')}", "https") if header else None


def database(env: FileAwareEnv, data_dir: Path) -> dict[str, Any]:
    """DATABASE_URL as Django's dictionary, with what makes each engine safe under several writers."""
    url = str(env.str("DATABASE_URL", default=""))
    # Asked before environ reads it: a scheme that it does not know would be printed with the password.
    if url and not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")
    try:
        config = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{data_dir / 'db.sqlite3'}"))
    except (ValueError, KeyError):
        # From None: the message may quote a part of the password.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read. Percent-encode what is special in its user name and password."
        ) from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == SQLITE:
        _tune_sqlite(options)
    else:
        _tune_postgresql(config, options, env)
    return config


def _tune_sqlite(options: dict[str, Any]) -> None:
    # WAL lets readers go on beside a writer. IMMEDIATE takes the write lock at BEGIN, where waiting works: a
    # transaction that reads first and writes later fails at once with "database is locked". secure_delete overwrites
    # what a deletion frees, wrapped data keys among it.
    options.setdefault("transaction_mode", "IMMEDIATE")
    options.setdefault("timeout", 20)
    options.setdefault(
        "init_command",
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA busy_timeout=20000;",
    )


def _tune_postgresql(config: dict[str, Any], options: dict[str, Any], env: FileAwareEnv) -> None:
    # A new connection costs more than any request does, so each thread keeps its own.
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = True
    statement_ms = whole_number(env, "NEO_STATEMENT_TIMEOUT_MS", default=4_000)
    lock_ms = whole_number(env, "NEO_LOCK_TIMEOUT_MS", default=3_000)
    options.setdefault("connect_timeout", 3)
    options.setdefault("tcp_user_timeout", 4_000)
    options.setdefault(
        "options",
        f"-c statement_timeout={statement_ms} -c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout=15000",
    )


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
