"""The database, set up for several writers at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text, whole_number

SQLITE = "neo_site.sqlite"
POSTGRESQL = "neo_site.postgresql"
# A statement that a connection has sent this often is planned once and kept.
PREPARE_AFTER = 2
# How much longer the client waits for a statement than PostgreSQL lets it run.
GRACE_SECONDS = 0.5
# For a process that was stopped in the middle of a transaction.
IDLE_MS = 15_000


def database(env: FileAwareEnv, data_dir: Path) -> dict[str, Any]:
    """Return DATABASE_URL as Django's dictionary, with the options that each engine needs for several writers."""
    url = str(env.str("DATABASE_URL", default=""))
    # Checked before django-environ reads it, whose error for an unknown scheme prints the URL with its password.
    if url and not url.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")
    if url.startswith("postgres"):
        _require_escapes(url)
    try:
        config = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{data_dir / 'db.sqlite3'}"))
    except (ValueError, KeyError):
        # `from None`, because the message may quote a part of the password.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read. Percent-encode special characters in its user name and password."
        ) from None
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["ENGINE"] = SQLITE
        _tune_sqlite(options)
    else:
        _tune_postgresql(config, options, env)
    return config


def _require_escapes(url: str) -> None:
    """Raise ImproperlyConfigured for an address in which a `#`, `/`, `?` or `@` of the password would end something.

    It would be read as another host, port or database, and then be printed as such: `u:12#34@host` names the host `u`.
    """
    authority, at, _ = url.partition("://")[2].rpartition("@")
    if "#" in url or (at and re.search("[/?]", authority)):
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read. Percent-encode special characters in its user name and password: # as %23, "
            "/ as %2F, ? as %3F, @ as %40 and % as %25."
        )


def _tune_sqlite(options: dict[str, Any]) -> None:
    # WAL lets readers continue beside a writer. IMMEDIATE takes the write lock at BEGIN, where waiting works: a
    # transaction that reads first and writes later fails at once with "database is locked". secure_delete overwrites
    # deleted content, such as wrapped data keys.
    options.setdefault("transaction_mode", "IMMEDIATE")
    # For commands; requests wait as long as their deadline allows.
    options.setdefault("timeout", 20)
    options.setdefault("init_command", "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")


def _tune_postgresql(config: dict[str, Any], options: dict[str, Any], env: FileAwareEnv) -> None:
    config["ENGINE"] = POSTGRESQL
    # A new connection costs more than any request does, so each thread keeps its own.
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = True
    limits = time_limits(env)
    options.setdefault("connect_timeout", 3)
    if limits["statement_timeout"]:
        options["patience"] = limits["statement_timeout"] / 1000 + GRACE_SECONDS
    options.setdefault("tcp_user_timeout", 4_000)
    # Values travel apart from their statement, so that PostgreSQL can keep its plan.
    options.setdefault("server_side_binding", True)
    is_pooled = pools_transactions(env)
    options.setdefault("prepare_threshold", None if is_pooled else PREPARE_AFTER)
    config["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled
    if not is_pooled:
        # Such a pooler refuses them, and would keep them for whoever gets the connection next. The role has them then.
        options.setdefault("options", " ".join(f"-c {name}={limit}" for name, limit in limits.items()))


def time_limits(env: FileAwareEnv) -> dict[str, int]:
    """Return PostgreSQL's time limits by name, in milliseconds; 0 for none."""
    return {
        "statement_timeout": whole_number(env, "NEO_STATEMENT_TIMEOUT_MS", default=4_000),
        "lock_timeout": whole_number(env, "NEO_LOCK_TIMEOUT_MS", default=3_000),
        "idle_in_transaction_session_timeout": IDLE_MS,
    }


def pools_transactions(env: FileAwareEnv) -> bool:
    """Return whether each transaction may get another server connection, which knows nothing of what was prepared."""
    pooling = text(env, "NEO_DATABASE_POOLING")
    if pooling not in ("", "session", "transaction"):
        raise ImproperlyConfigured("NEO_DATABASE_POOLING must be session or transaction.")
    return pooling == "transaction"
