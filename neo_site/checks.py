"""System checks of the site: what is dangerous in its settings, with what to do about it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

SHARED_CACHES = ("neo_site.throttling.caches.DatabaseCache", "django.core.cache.backends.redis.RedisCache")


@checks.register(checks.Tags.security, deploy=True)
def counts_are_shared(**_: Any) -> list[checks.CheckMessage]:
    if settings.CACHES["default"]["BACKEND"] in SHARED_CACHES:
        return []
    return [
        checks.Warning(
            "CACHE_URL names a cache that each process has for itself, so each grants the whole of every limit.",
            hint="Leave CACHE_URL out, which takes the database, or name a Redis server.",
            id="neo_site.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def proxies_are_told_from_clients(**_: Any) -> list[checks.CheckMessage]:
    if settings.SECURE_PROXY_SSL_HEADER is None or settings.NEO_TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "NEO_TRUSTED_PROXIES does not name the proxy in front: all its clients count as one address.",
            hint="List the addresses or networks from which the proxy connects.",
            id="neo_site.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def limits_are_set(**_: Any) -> list[checks.CheckMessage]:
    unlimited = [kind for kind, rate in settings.NEO_THROTTLES.items() if rate is None]
    return [
        checks.Warning(
            f"Nothing limits: {', '.join(unlimited)}.",
            hint="Leave the setting out, which takes its default, unless a proxy in front does it.",
            id="neo_site.W002",
        )
        for _ in unlimited[:1]
    ]
