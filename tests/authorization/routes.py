"""The routes of the site, read from its URL configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """(address, pattern) of each route but the admin's."""
    yield from _walk(get_resolver(), "")


def views_by_address() -> dict[str, list[URLPattern]]:
    """The patterns of each address; the form with a trailing slash counts as the same address."""
    found: defaultdict[str, list[URLPattern]] = defaultdict(list)
    for address, pattern in patterns():
        found[address.rstrip("/")].append(pattern)
    return dict(found)


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    entries: list[Any] = resolver.url_patterns
    for entry in entries:
        address = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield address, entry
        elif entry.namespace != "admin":
            yield from _walk(entry, address)
