"""What stands out about a secret, in a few words each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from secrets_app.models import Secret
from secrets_app.models.secret import EXPIRES_SOON, QuarantineReason


class State(NamedTuple):
    """One badge: its kind (`good`, `warn`, `bad`, or nothing), which gives the colour, and its text."""

    kind: str
    text: str


def states_of(secret: Secret) -> Iterator[State]:
    """Yield what stands out about the secret, the worst first, without whether it is always on."""
    if secret.is_damaged:
        yield State("bad", _("damaged"))
    yield from _expiry(secret)
    if secret.is_quarantined:
        is_risky = secret.quarantine_reason == QuarantineReason.RISKY_NAME
        yield State("warn", _("in quarantine: risky name") if is_risky else _("in quarantine"))
    if secret.is_exempt_from_redaction:
        yield State("", _("not redacted"))
    elif not secret.is_maskable:
        yield State("warn", _("too short to redact"))
    if secret.created_by_agent:
        yield State("", _("made by an agent"))


def why_quarantined(secret: Secret) -> str:
    """Return why the secret is in quarantine and what a promotion does."""
    if secret.quarantine_reason == QuarantineReason.RISKY_NAME:
        return _(
            "A variable of this name changes how programs run, or where they send credentials. Until somebody promotes "
            "it, tasks get it only if they select it."
        )
    return _(
        "A task made it, and no other task gets it until a person has looked at it. Promote it if you know what it is "
        "for; else delete it."
    )


def _expiry(secret: Secret) -> Iterator[State]:
    if secret.expires_at is None:
        return
    now = timezone.now()
    if secret.expires_at <= now:
        yield State("bad", _("expired %(time)s ago") % {"time": timesince(secret.expires_at, now, depth=1)})
    elif secret.expires_at <= now + EXPIRES_SOON:
        yield State("warn", _("expires in %(time)s") % {"time": timeuntil(secret.expires_at, now, depth=1)})
    else:
        day = date_format(timezone.localtime(secret.expires_at), "SHORT_DATE_FORMAT")
        yield State("", _("until %(day)s") % {"day": day})
