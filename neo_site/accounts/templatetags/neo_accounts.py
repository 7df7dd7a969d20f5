"""What the pages of accounts ask about the site."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

from neo_base import mail

register = template.Library()


@register.simple_tag
def mail_is_on() -> bool:
    """Return whether this site sends mail."""
    return mail.is_on()


@register.simple_tag
def sign_up_is_open() -> bool:
    """Return whether everybody may make an account."""
    return bool(settings.NEO_SIGN_UP == "open")


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """Return the input of a field. The library's placeholders repeat the labels, and go with the first letter."""
    return field.as_widget(attrs={"placeholder": False})
