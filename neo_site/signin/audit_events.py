"""The audit events of sign-in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event, Outcome
from neo_base.audit.event_fields import moment, number, word
from secrets_app.audit.events import REFUSED_ATTEMPT

EVENTS = (
    Event(
        "session.started", "session", _("A user signed in."), {"interface": word, "expires_at": moment}, bound=Bound.USE
    ),
    Event("session.refreshed", "session", _("A refresh token was exchanged for a new one."), bound=Bound.USE),
    Event("session.ended", "session", _("A user signed out."), {"interface": word}, bound=Bound.NONE),
    Event(
        "session.replayed",
        "session",
        _("A used refresh token was presented again, so its session was ended."),
        {},
        Outcome.REFUSED,
    ),
    Event(
        "sessions.revoked",
        "user",
        _("Sessions of the subject were ended, by the subject or by an operator."),
        {"count": number},
        bound=Bound.NONE,
    ),
    Event("sessions.cleared", "session", _("Expired sessions were deleted."), {"count": number}, bound=Bound.NONE),
    Event(
        "sign_in.approved",
        "user",
        _("A user let a program sign in as them, which asked at this time."),
        {"asked_at": moment},
        bound=Bound.USE,
    ),
    Event(
        "sign_in.declined",
        "user",
        _("A user refused a program that asked, at this time, to sign in as them."),
        {"asked_at": moment},
        bound=Bound.USE,
    ),
    Event("sign_in.unlocked", "user", _("The pause after failed sign-ins was lifted."), bound=Bound.USE),
    Event(
        "sign_in.refused",
        "user",
        _("A sign-in failed; without a subject, there is no such user."),
        REFUSED_ATTEMPT,
        Outcome.REFUSED,
    ),
    Event("sign_in.paused", "user", _("A sign-in was paused after failed attempts."), REFUSED_ATTEMPT, Outcome.REFUSED),
)
