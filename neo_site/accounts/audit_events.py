"""The audit events of accounts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event
from neo_base.audit.event_fields import flag, moment, word

EVENTS = (
    Event(
        "second_factor.added",
        "user",
        _("The subject received a second factor."),
        {"replaced": flag, "type": word},
        bound=Bound.USE,
    ),
    Event(
        "second_factor.removed",
        "user",
        _("A second factor of the subject was removed."),
        {"type": word},
        bound=Bound.NONE,
    ),
    Event(
        "second_factor.asked",
        "user",
        _("The right password was given, and the second factor was asked for."),
        {"interface": word},
        bound=Bound.USE,
    ),
    Event("second_factor.used", "user", _("A second factor was used to sign in."), {"type": word}, bound=Bound.USE),
    Event("user.joined", "user", _("A user made their own account, by an invitation or because sign-up is open.")),
    Event("email.verified", "user", _("A user proved that an e-mail address is theirs."), bound=Bound.USE),
    Event("password.changed", "user", _("A user chose another password."), {"by": word}, bound=Bound.USE),
    Event(
        "password_link.created",
        "user",
        _("An operator made a link by which the subject chooses a password, once."),
        {"expires_at": moment},
        bound=Bound.USE,
    ),
)
