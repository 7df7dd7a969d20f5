"""What every page shows around its subject: whose secrets there are, and links to what the site has beside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext

from neo_pages.owners import NamedOwner, owners_on
from neo_pages.states import State, states_of
from secrets_app.models import Secret

register = template.Library()

ACCOUNT_PAGES = ("account_settings", "account_change_password")
SIGN_OUT_PAGES = ("account_logout", "logout", "admin:logout")


@register.simple_tag(takes_context=True)
def owners(context: template.Context) -> list[NamedOwner]:
    """Return whose secrets the person who asks may see; nothing for visitors, or without a request."""
    return owners_on(context["request"]) if "request" in context else []


@register.simple_tag
def address_of(*names: str) -> str:
    """Return the address of the first page of these names that the site has; empty where it has none."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@register.simple_tag
def sign_out_address() -> str:
    return address_of(*SIGN_OUT_PAGES)


@register.simple_tag
def account_address() -> str:
    return address_of(*ACCOUNT_PAGES)


@register.filter
def is_current(address: str, request: Any) -> bool:
    """Return whether `request` is for this very address."""
    return request is not None and address == request.path


@register.filter
def states(secret: Secret) -> list[State]:
    """Return what stands out about the secret."""
    return list(states_of(secret))


@register.filter
def ago(moment: datetime) -> str:
    """Return how long ago this was, in one unit."""
    if timezone.now() - moment < timedelta(minutes=1):
        return gettext("just now")
    return gettext("%(time)s ago") % {"time": timesince(moment, depth=1)}


@register.filter
def kind(field: BoundField) -> str:
    """Return how a field of a form is laid out: `hidden`, `checkbox`, `radio`, `value`, or `plain`."""
    if field.is_hidden:
        return "hidden"
    widget = field.field.widget
    if getattr(widget, "is_write_only", False):
        return "value"
    input_type = getattr(widget, "input_type", "")
    return input_type if input_type in ("checkbox", "radio") else "plain"
