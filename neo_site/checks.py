"""System checks of the site: settings that are dangerous in production, and what to do about them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from neo_site.configuration.caches import DATABASE_CACHE, FILE_CACHE, REDIS_CACHE

SHARED_CACHES = (DATABASE_CACHE, FILE_CACHE, REDIS_CACHE)


@checks.register(checks.Tags.security, deploy=True)
def counts_are_shared(**_: Any) -> list[checks.CheckMessage]:
    """Warn of a cache that each process has for itself."""
    if settings.CACHES["default"]["BACKEND"] in SHARED_CACHES:
        return []
    return [
        checks.Warning(
            "CACHE_URL names a cache that is not shared, so each process counts every limit alone.",
            hint="Remove CACHE_URL to count in the database, or name a Redis server in it.",
            id="neo_site.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def proxies_are_told_from_clients(**_: Any) -> list[checks.CheckMessage]:
    """Refuse a proxy that is not listed as trusted. The peer of a Unix socket needs no list."""
    if settings.SECURE_PROXY_SSL_HEADER is None or settings.NEO_TRUSTED_PROXIES or settings.NEO_SERVER.socket:
        return []
    return [
        checks.Error(
            "NEO_PROXY_TLS_HEADER is set, but NEO_TRUSTED_PROXIES does not name the proxy in front, so all its clients "
            "count as one address.",
            hint="List in NEO_TRUSTED_PROXIES the addresses or networks from which the proxy connects.",
            id="neo_site.E003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def limits_are_set(**_: Any) -> list[checks.CheckMessage]:
    """Warn of limits that are off."""
    unlimited = [kind for kind, rate in settings.NEO_THROTTLES.items() if rate is None]
    return [
        checks.Warning(
            f"These limits are off: {', '.join(unlimited)}.",
            hint="Remove their settings to use the defaults, unless a proxy in front sets limits of its own.",
            id="neo_site.W002",
        )
        for _ in unlimited[:1]
    ]
