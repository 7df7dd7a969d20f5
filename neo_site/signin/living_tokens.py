"""Service tokens that live on after a change of password: what the admin and `changepassword` say about them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import ngettext

from neo_base.admin.links import link_to_list
from secrets_app.models import ServiceToken


def living_tokens(user: Any) -> list[ServiceToken]:
    """Return the service tokens of `user` that can still be used, newest first."""
    return list(ServiceToken.objects.usable().filter(user=user))


def warn_of_living_tokens(request: HttpRequest, user: Any) -> None:
    """Show the operator which service tokens live on, with a link to where they are revoked."""
    tokens = living_tokens(user)
    if not tokens:
        return
    sentence = ngettext(
        "Task grants that were made in sessions have ended. %(count)d service token lives on:",
        "Task grants that were made in sessions have ended. %(count)d service tokens live on:",
        len(tokens),
    ) % {"count": len(tokens)}
    names = ", ".join(str(token) for token in tokens)
    listed = link_to_list(admin.site, ServiceToken, names, user=user, usable="yes")
    messages.warning(request, format_html("{} {}", sentence, listed))
