"""The routes of the site, read from its URL configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Return (address, pattern) of each route of the API, and of what the site serves beside.

    The pages have tables of their own, in `tests/neo_pages` and `tests/neo_site/accounts`.
    """
    found = _walk(get_resolver(), "")
    return ((address, pattern) for address, pattern in found if not address.startswith(("admin/", "accounts/", "^")))


def views_by_address() -> dict[str, list[URLPattern]]:
    """The patterns of each address; the form with a trailing slash counts as the same address."""
    found: defaultdict[str, list[URLPattern]] = defaultdict(list)
    for address, pattern in patterns():
        found[address.rstrip("/")].append(pattern)
    return dict(found)


@cache
def views() -> dict[str, Any]:
    """The view of each named route: its class, or the function."""
    return {
        pattern.name: getattr(pattern.callback, "cls", pattern.callback)
        for found in views_by_address().values()
        for pattern in found
        if pattern.name
    }


def permissions_of(route: str) -> Mapping[str, str]:
    """The permission that the view declares for each method; none where it declares none at all."""
    declared: Mapping[str, str] = getattr(views()[route], "permissions", {})
    return declared


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    entries: list[Any] = resolver.url_patterns
    for entry in entries:
        address = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield address, entry
        elif entry.namespace not in ("admin", "neo_pages"):
            yield from _walk(entry, address)
