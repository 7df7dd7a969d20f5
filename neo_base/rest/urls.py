"""Routes of the API: without a trailing slash, and with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.http import HttpResponseBase
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, path, reverse


def endpoint(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """Both forms of one address; reversing `name` gives the one without a slash."""
    return [path(f"{route}/", view, kwargs={}), path(route, view, name=name)]


def without_slash_forms(endpoints: list[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular preprocessing hook: document each address once. Of a site's own, those with one form stay."""
    paths = {entry[0] for entry in endpoints}
    return [entry for entry in endpoints if not entry[0].endswith("/") or entry[0].rstrip("/") not in paths]


def address(name: str, package: str) -> str:
    """Where the site serves the endpoint `name` of `package`, whatever prefix and namespaces it has included our routes
    under; empty where it has not. Another package's endpoint of the same name does not count.
    """
    for found in _names(get_resolver().url_patterns, name, package, ""):
        with suppress(NoReverseMatch):
            return reverse(found)
    return ""


def _names(patterns: Iterable[Any], name: str, package: str, namespace: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _names(pattern.url_patterns, name, package, inner)
        elif pattern.name == name and _package_of(pattern) == package:
            yield f"{namespace}{name}"


def _package_of(pattern: URLPattern) -> str:
    view = getattr(pattern.callback, "cls", pattern.callback)
    return str(getattr(view, "__module__", "")).partition(".")[0]
