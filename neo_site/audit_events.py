"""The audit events of users. This site's own admin records them; a host has its own pages of users."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event
from neo_base.audit.event_fields import flag, words

EVENTS = (
    Event("user.created", "user", _("An operator created a user."), {"is_superuser": flag}),
    Event(
        "user.updated",
        "user",
        _("An operator changed these fields of a user."),
        {"changed": words, "is_superuser": flag},
        bound=Bound.USE,
    ),
    Event(
        "user.deleted", "user", _("An operator deleted a user and everything only that user owned."), bound=Bound.USE
    ),
)
