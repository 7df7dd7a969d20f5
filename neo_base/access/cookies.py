"""Django's cookie sessions: when their user signed in, which Django itself does not keep, and when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.utils import timezone

SIGNED_IN_AT = "neo_signed_in_at"


@receiver(user_logged_in, dispatch_uid="neo_base.note_sign_in")
def note_sign_in(*, request: Any = None, **_: Any) -> None:
    """Keep the time of the sign-in in the session. Others than Django send the signal too, without a session of it."""
    session = getattr(request, "session", None)
    if session is not None and SESSION_KEY in session:
        session[SIGNED_IN_AT] = int(timezone.now().timestamp())


def cookie_times(session: Any) -> tuple[datetime | None, datetime | None]:
    """Return when the user of a session signed in, None if it is unknown, and when the session ends.

    Django keeps no end. Sessions last a set time from when they were last saved, and they are saved at sign-in; so that
    is the end, or if a later save has prolonged the session, that time from now.
    """
    if session is None or SESSION_KEY not in session:
        return None, None
    noted, now = session.get(SIGNED_IN_AT), timezone.now()
    signed_in_at = datetime.fromtimestamp(noted, UTC) if isinstance(noted, int) else None
    age = timedelta(seconds=session.get_expiry_age())
    first_end = None if signed_in_at is None else signed_in_at + age
    return signed_in_at, first_end if first_end is not None and first_end > now else now + age
