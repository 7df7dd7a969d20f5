"""What every page shows around its subject: whose secrets there are, and links to what the site has beside."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from neo_pages.owners import NamedOwner, owners_on

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
