"""What every page shows around its subject: whose secrets there are, and links to what the site has beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext

from neo_pages.owners import NamedOwner, may, owners_on
from neo_pages.states import State, states_of
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.policies import Permission

register = template.Library()

ACCOUNT_PAGES = ("account_settings", "account_change_password")
SIGN_OUT_PAGES = ("account_logout", "logout", "admin:logout")


@register.simple_tag(takes_context=True)
def owners(context: template.Context) -> list[NamedOwner]:
    """Return whose secrets the person who asks may see; nothing for visitors, or without a request."""
    return owners_on(context["request"]) if "request" in context else []


@dataclass(frozen=True)
class Link:
    """A page that a menu leads to."""

    key: str
    text: str
    address: str


@register.simple_tag
def page_links() -> list[Link]:
    """Return the pages beside those of secrets."""
    pages = {
        "projects": gettext("Projects"),
        "tasks": gettext("What would a task see?"),
        "tokens": gettext("Service tokens"),
        "audit": gettext("Audit log"),
    }
    return [link for key, text in pages.items() if (link := _link(key, text, key))]


@register.simple_tag(takes_context=True)
def project_pages(context: template.Context, project_id: Any) -> list[Link]:
    """Return the pages of a project that the site has and the person may see."""
    pages = {
        "secrets": gettext("Secrets"),
        "members": gettext("Members"),
        "tokens": gettext("Tokens"),
        "audit": gettext("Audit log"),
        "settings": gettext("Settings"),
    }
    if not may(context["request"].actor, Permission.AUDIT_VIEW, Owner(project_id=project_id)):
        del pages["audit"]
    found = [_link(key, text, f"project_{key}", project_id) for key, text in pages.items()]
    return [link for link in found if link]


def _link(key: str, text: str, name: str, *arguments: Any) -> Link | None:
    try:
        return Link(key, text, reverse(f"neo_pages:{name}", args=arguments))
    except NoReverseMatch:
        return None


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
    """Return how a field of a form is laid out: `hidden`, `checkbox`, `radio`, `value`, or `plain`.

    Several boxes under one label are laid out as radio buttons are.
    """
    if field.is_hidden:
        return "hidden"
    widget = field.field.widget
    if getattr(widget, "is_write_only", False):
        return "value"
    input_type = getattr(widget, "input_type", "")
    if input_type == "checkbox" and getattr(widget, "allow_multiple_selected", False):
        return "radio"
    return input_type if input_type in ("checkbox", "radio") else "plain"
