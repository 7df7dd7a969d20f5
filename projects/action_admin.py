"""A ModelAdmin whose changes go through actions, with the operator as the actor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from rest_framework.exceptions import APIException

from projects.actors import Actor, Origin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ActionAdmin(_ModelAdmin):
    """What an action refuses is shown as a message, and nothing of the form is kept: it may hold a value."""

    allowed_lookups: ClassVar[frozenset[str]] = frozenset()
    """What the address of a list may filter by. Django allows every lookup on the model's own columns, regular
    expressions included."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in self.allowed_lookups

    def is_asked_by_own_page(self, request: HttpRequest) -> bool:
        """Whether a page of this model asks, and not the deletion of something else that takes its rows along."""
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        return request.resolver_match is None or (request.resolver_match.url_name or "").startswith(own)

    def actor(self, request: HttpRequest) -> Actor:
        return Actor.from_staff(request.user, Origin.of(request))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _show_refusal(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _show_refusal(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _show_refusal(super().changelist_view, request, *args, **kwargs)


def _show_refusal(view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except APIException as refusal:
        messages.error(request, str(refusal.detail))
        return HttpResponseRedirect(request.get_full_path())
