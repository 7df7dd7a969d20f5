"""The sessions of a user, of both kinds: those of browsers, by cookie, and those of the API, by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as CookieSession
from django.http import HttpRequest
from django.utils import timezone

from neo_base.access.actors import Actor, Credential, Origin, cookie_credential
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from neo_site.signin.actions import revoke_sessions
from neo_site.signin.models import Session
from secrets_app.actions.credentials import EndReason, end_sessions, lock_users
from secrets_app.audit.recording import record
from secrets_app.owners import Owner

NO_ADDRESS = "::"
"""Stands for the client address where none is known, as on a Unix socket: the library's column takes addresses only."""


@dataclass(frozen=True)
class SignedIn:
    """One session of a user, as that user sees it. It holds no key of a session and no token."""

    id: str
    """The id by which it is ended: that of the API's session, or the keyed hash of the cookie."""
    kind: str
    """`api` or `browser`."""
    created_at: datetime
    expires_at: datetime
    is_current: bool
    client: str = ""
    """What the browser or the program said that it is; empty where it said nothing."""
    client_address: str = ""


def sessions_of(user: Any, current: Credential) -> list[SignedIn]:
    """Return the live sessions of `user`, newest first; `current` is the credential of the request. Three queries."""
    api = [
        SignedIn(
            id=str(row.pk),
            kind="api",
            created_at=row.created_at,
            expires_at=row.expires_at,
            is_current=row.credential == current,
            client=row.client,
            client_address=row.client_address,
        )
        for row in Session.objects.live().filter(user=user, auth_hash=user.get_session_auth_hash())
    ]
    ends = _ends_of_cookies(user)
    browsers = [
        SignedIn(
            id=cookie.id,
            kind="browser",
            created_at=row.created_at,
            expires_at=ends[row.session_key],
            is_current=cookie == current,
            client=row.user_agent,
            client_address="" if row.ip == NO_ADDRESS else row.ip,
        )
        for row in _browser_sessions(user)
        if row.session_key in ends and (cookie := cookie_credential(row.session_key))
    ]
    return sorted([*api, *browsers], key=lambda session: session.created_at, reverse=True)


@atomic
def end_session(*, user: Any, session_id: str, origin: Origin) -> bool:
    """End one session of `user`, of either kind, with the grants made in it; return whether there was one."""
    actor = Actor.from_user(user, origin=origin)
    try:
        rows = Session.objects.filter(user=user, pk=UUID(session_id))
    except ValueError:
        rows = Session.objects.none()
    if revoke_sessions(sessions=rows, actor=actor):
        return True
    browsers = [row for row in _browser_sessions(user) if cookie_credential(row.session_key).id == session_id]
    return _end_browsers(user, browsers, actor, EndReason.SESSION_ENDED) > 0


@atomic
def end_other_sessions(*, user: Any, origin: Origin) -> int:
    """End every session of `user` but that of the request, with the grants made in them; return how many."""
    actor, current = Actor.from_user(user, origin=origin), origin.credential
    rows = Session.objects.filter(user=user)
    if current.kind == "session":
        rows = rows.exclude(pk=current.id)
    ended = revoke_sessions(sessions=rows, actor=actor)
    browsers = [row for row in _browser_sessions(user) if cookie_credential(row.session_key) != current]
    ended += _end_browsers(user, browsers, actor, EndReason.SESSION_ENDED)
    if not ended:
        # Another request may have ended them, whose commit no standby has: a lock is a write, and ours waits for them.
        lock_users([user.pk])
    return ended


def end_browser_sessions(*, user: Any, actor: Actor, reason: EndReason, but: str | None = None) -> int:
    """End the browser sessions of `user` but the one of that key, with the grants made in them; return how many."""
    return _end_browsers(user, [row for row in _browser_sessions(user) if row.session_key != but], actor, reason)


def forget_ended_browsers() -> None:
    """Delete expired browser sessions, and what was noted of browsers whose session has ended: address and client."""
    CookieSession.objects.filter(expire_date__lte=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=CookieSession.objects.values("session_key")).delete()


def end_cookie_sessions(request: HttpRequest, sessions: Sequence[UserSession]) -> None:
    """End these browser sessions of the user of `request`; their own page asks for it."""
    actor = Actor.from_user(request.user, origin=Origin.of(request))
    _end_browsers(request.user, sessions, actor, EndReason.SESSION_ENDED)


@atomic
def _end_browsers(user: Any, sessions: Sequence[UserSession], actor: Actor, reason: EndReason) -> int:
    if not sessions:
        return 0
    keys = [session.session_key for session in sessions]
    live = CookieSession.objects.filter(session_key__in=keys).count()
    CookieSession.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    if live:
        record("sessions.revoked", actor=actor, subject=Subject.of_user(user), owner=Owner(user_id=user.pk), count=live)
        end_sessions(actor=actor, sessions=[(user.pk, cookie_credential(key)) for key in keys], reason=reason)
    return live


def _browser_sessions(user: Any) -> list[UserSession]:
    return list(UserSession.objects.filter(user=user))


def _ends_of_cookies(user: Any) -> dict[str, datetime]:
    """Return when each browser session of `user` ends that has not ended yet."""
    keys = UserSession.objects.filter(user=user).values("session_key")
    live = CookieSession.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return dict(live.values_list("session_key", "expire_date"))
