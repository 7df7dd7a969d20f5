"""The cache, which counts requests and failed sign-ins, and the rates that limit them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.databases import SQLITE
from neo_site.configuration.readers import OFF
from neo_site.throttling.rates import Rate

DATABASE_CACHE = "neo_site.throttling.caches.DatabaseCache"
FILE_CACHE = "neo_site.throttling.file_cache.FileCache"
COUNTS = "counts.sqlite3"
REDIS_CACHE = "django.core.cache.backends.redis.RedisCache"
CACHES = {
    "locmemcache": "django.core.cache.backends.locmem.LocMemCache",
    "dbcache": DATABASE_CACHE,
    "redis": REDIS_CACHE,
    "rediss": REDIS_CACHE,
}
# A Redis that does not answer must not hold up each request.
REDIS_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1}


def cache(env: FileAwareEnv, database: Mapping[str, Any], *, development: bool) -> dict[str, Any]:
    """Return CACHE_URL as Django's dictionary; raise ImproperlyConfigured for anything but the four kinds.

    Where `database` is a file of SQLite, the cache of the database is a file beside it.
    """
    default = "locmemcache://" if development else "dbcache://"
    url = str(env.str("CACHE_URL", default="")).strip() or default
    # Not read by django-environ, whose error for an unknown scheme prints the URL with its password.
    backend = CACHES.get(url.partition(":")[0])
    if backend is None or "://" not in url:
        raise ImproperlyConfigured(
            "CACHE_URL must begin with redis:// or rediss://, or be dbcache:// or locmemcache://."
        )
    if backend != REDIS_CACHE:
        if url.partition("://")[2]:
            raise ImproperlyConfigured("CACHE_URL takes nothing after dbcache:// or locmemcache://.")
        if backend == DATABASE_CACHE and database["ENGINE"] == SQLITE:
            return {"BACKEND": FILE_CACHE, "LOCATION": str(Path(database["NAME"]).with_name(COUNTS))}
        # Above this number the cache in memory drops entries, counts among them.
        return {"BACKEND": backend, "OPTIONS": {"MAX_ENTRIES": 100_000}}
    return {"BACKEND": backend, "LOCATION": _redis_address(url), "KEY_PREFIX": "neo", "OPTIONS": dict(REDIS_OPTIONS)}


def _redis_address(url: str) -> str:
    """Return `url` if it names one server. Errors never quote it, because it may hold a password."""
    try:
        parts = urlsplit(url)
        is_one_server = bool(parts.hostname) and "," not in parts.netloc and parts.port != 0
    except ValueError:
        is_one_server = False
    if not is_one_server or not re.fullmatch(r"(/[0-9]*)?", parts.path) or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            "CACHE_URL cannot be read: it takes redis://USER:PASSWORD@HOST:PORT/NUMBER, one server and no parameters. "
            "Percent-encode special characters in its user name and password."
        )
    return url


def rate(env: FileAwareEnv, name: str, *, default: str) -> Rate | None:
    """Return the rate that a setting names, or None when it is off."""
    text = str(env.str(name, default="")).strip().lower() or default
    if text in OFF:
        return None
    try:
        return Rate.parse(text)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be a number above zero and a period (sec, min, hour or day), such as 600/min, or off."
        ) from None
