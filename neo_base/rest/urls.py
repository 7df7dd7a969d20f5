"""URL routes of the API, each with and without a trailing slash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, get_script_prefix, path, resolve, reverse


def endpoint(route: str, view: Any, name: str) -> list[URLPattern]:
    """Return the routes with and without a trailing slash; reversing `name` gives the one without.

    OpenAPI documents list that one alone: two with one operationId would be duplicates.
    """
    unlisted = view.cls.as_view(**view.initkwargs, schema=None)
    return [path(f"{route}/", unlisted, kwargs={}), path(route, view, name=name)]


def address(name: str, package: str) -> str:
    """Return the path at which the site serves the endpoint `name` of `package`; empty if it does not.

    It is found under any prefix and namespaces. An endpoint of the same name in another package does not count.
    """
    for found in _names(get_resolver().url_patterns, name, package, ""):
        with suppress(NoReverseMatch):
            return reverse(found)
    return ""


def hidden(name: str, package: str) -> Iterator[tuple[str, str]]:
    """Yield each form of the path of `address` at which another view answers, with that view's dotted path.

    Django takes the first pattern that fits, which may be a host's pattern for every other address.
    """
    found = address(name, package)
    for each in (found, f"{found}/") if found else ():
        match = resolve("/" + each.removeprefix(get_script_prefix()).removeprefix("/"))
        if _package(match.func) != package:
            yield each, str(match._func_path)


def _names(patterns: Iterable[Any], name: str, package: str, namespace: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _names(pattern.url_patterns, name, package, inner)
        elif pattern.name == name and _package(pattern.callback) == package:
            yield f"{namespace}{name}"


def _package(callback: Any) -> str:
    view = getattr(callback, "cls", callback)
    return str(getattr(view, "__module__", "")).partition(".")[0]
