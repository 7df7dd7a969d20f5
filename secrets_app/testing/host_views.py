"""The DRF views of the site, its own and ours, each asked by nobody and by a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http import HttpResponseBase
from django.urls import Resolver404, URLResolver, get_resolver, resolve
from django.utils.regex_helper import normalize
from rest_framework.test import APIClient
from rest_framework.views import APIView

from neo_base.access.permissions import names_scope
from secrets_app.api.authentication import ServiceTokenAuthentication

MADE_UP = (str(uuid4()), "1", "a")
"""What stands in an address for an argument of the view: the first that the pattern matches."""
FORMATS = (".json", "json")
"""The same for `format`, the suffix with which a router of DRF offers each of its views, with or without its dot."""


@dataclass(frozen=True)
class Endpoint:
    """An address of the site that leads to a DRF view."""

    callback: Callable[..., HttpResponseBase]
    pattern: str
    """The regular expression of the whole address."""

    def __str__(self) -> str:
        view = self.callback.cls  # type: ignore[attr-defined]
        return f"{view.__module__}.{view.__qualname__} at {self.pattern}"

    @property
    def methods(self) -> list[str]:
        view = self.callback.cls  # type: ignore[attr-defined]
        offered = getattr(self.callback, "actions", None) or {m for m in view.http_method_names if hasattr(view, m)}
        return sorted(method.upper() for method in set(offered) - {"head", "options", "trace"})

    def path(self, values: Mapping[str, str]) -> str:
        """Return a path to the view, with `values` for the arguments that they name; empty if another view hides it.

        Raise LookupError if no made up argument fits.
        """
        is_hidden = True
        form, names = normalize(self.pattern)[0]
        for chosen in product(*(_choices(name, values) for name in names)):
            path = "/" + form % dict(zip(names, chosen, strict=True))
            try:
                if resolve(path).func is self.callback:
                    return path
            except Resolver404:
                is_hidden = False
        if is_hidden:
            return ""
        raise LookupError(f"{self}: define the fixture neo_url_values, which returns values of its arguments by name.")


def _choices(name: str, values: Mapping[str, str]) -> tuple[str, ...]:
    return (values[name],) if name in values else FORMATS if name == "format" else MADE_UP


def endpoints() -> Iterator[Endpoint]:
    """Yield every address of the site that leads to a DRF view."""
    return _below(get_resolver().url_patterns, "")


def _below(patterns: Iterable[Any], prefix: str) -> Iterator[Endpoint]:
    for each in patterns:
        pattern = prefix + each.pattern.regex.pattern.removeprefix("^")
        if isinstance(each, URLResolver):
            yield from _below(each.url_patterns, pattern)
        elif issubclass(getattr(each.callback, "cls", object), APIView):
            yield Endpoint(each.callback, pattern)


def ask(method: str, path: str, headers: Mapping[str, str]) -> Any:
    """Return the answer to a request without content. What it changed in the database is taken back."""
    client, before = APIClient(raise_request_exception=False), transaction.savepoint()
    body = "" if method == "GET" else "{}"
    try:
        return client.generic(method, path, body, "application/json", secure=True, headers=headers)
    finally:
        transaction.savepoint_rollback(before)
        # With ATOMIC_REQUESTS, DRF marks the transaction for a rollback, which here is that of the test.
        transaction.set_rollback(False)


def takes_tokens_unasked(answer: Any) -> bool:
    """Return whether the view of `answer` names our class for service tokens, and no scope."""
    context = getattr(answer, "renderer_context", None)
    if context is None:
        return False
    is_named = any(isinstance(each, ServiceTokenAuthentication) for each in context["request"].authenticators)
    return is_named and not names_scope(context["view"])
