"""Routes of the API: without a trailing slash, and with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path


def endpoint(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """Both forms of one address; reversing `name` gives the one without a slash."""
    return [path(f"{route}/", view, kwargs={}), path(route, view, name=name)]


def without_slash_forms(endpoints: list[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular preprocessing hook: document each address once."""
    return [entry for entry in endpoints if not entry[0].endswith("/")]
