"""Tags for an admin's index: `{% load secrets_admin %}`, then `{% secrets_attention %}` or `{% secrets_recent %}`."""

from __future__ import annotations

from typing import Any

from django import template

from neo_base.admin.links import list_address
from secrets_app.admin.attention import concerns_for
from secrets_app.admin.personal import as_shown_to
from secrets_app.admin.words import in_words
from secrets_app.models import AuditEvent

register = template.Library()
SHOWN = 10
register.filter(in_words)


@register.inclusion_tag("secrets_app/admin/attention.html", takes_context=True)
def secrets_attention(context: Any) -> dict[str, Any]:
    """Show the items that need attention, limited to what this operator may view."""
    return {"concerns": list(concerns_for(context["request"].user, _site_name(context)))}


@register.inclusion_tag("secrets_app/admin/recent.html", takes_context=True)
def secrets_recent(context: Any) -> dict[str, Any]:
    """Show the latest audit events to operators who may view them."""
    operator = context["request"].user
    may_read = operator.has_perm("secrets_app.view_auditevent")
    events = as_shown_to(operator, AuditEvent.objects.all()[:SHOWN]) if may_read else []
    return {"events": events, "address": list_address(_site_name(context), AuditEvent)}


def _site_name(context: Any) -> str | None:
    """Return the name of the admin site whose page this is."""
    name: str | None = getattr(context["request"], "current_app", None)
    return name
