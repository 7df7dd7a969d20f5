"""Actions on sessions. A session ends at a fixed time after sign-in: refreshing gives new tokens, not more time."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor, Origin
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from neo_site.signin.authentication import session_of
from neo_site.signin.errors import InvalidToken, ReplayedToken
from neo_site.signin.models import MAX_ADDRESS, DeviceSignIn, Session, SessionQuerySet
from neo_site.signin.records import record_session
from neo_site.signin.tokens import AccessToken, RefreshToken, TokenPair
from secrets_app.actions.credentials import EndReason, end_service_tokens, end_session_grants, end_sessions
from secrets_app.audit.recording import build_event, record, write
from secrets_app.models import AuditEvent, ServiceToken
from secrets_app.owners import Owner

logger = logging.getLogger(__name__)

# A client that retries, or asks twice at once, presents a used token within moments; a thief comes later.
REPLAY_GRACE = timedelta(seconds=5)
DELETE_BATCH = 1_000


def sign_in(
    *, user: AbstractBaseUser, origin: Origin = UNKNOWN_ORIGIN, interface: str = "api", client: str = ""
) -> TokenPair:
    """Begin a session of `user`, whose identity is proved, and note when. Costs two inserts and one update.

    `client` is what the program says that it is, for the list of sessions.
    """
    session = _begin(user, origin, interface, client)
    return _token_pair(session, session.refresh_id)


@atomic
def _begin(user: AbstractBaseUser, origin: Origin, interface: str, client: str) -> Session:
    now = timezone.now()
    session = Session.objects.create(
        user_id=user.pk,
        auth_hash=user.get_session_auth_hash(),
        expires_at=now + RefreshToken.lifetime,
        client=client,
        client_address=origin.client_address[:MAX_ADDRESS],
    )
    # Not by `update_last_login`, whose `save()` fails for a user who has just been deleted.
    type(user)._default_manager.filter(pk=user.pk).update(last_login=now)
    record_session("session.started", session, user, origin, interface=interface, expires_at=session.expires_at)
    return session


def rotate(*, refresh_token: str, origin: Origin = UNKNOWN_ORIGIN) -> TokenPair:
    """Exchange a refresh token, once, for a new pair. Raises InvalidToken.

    A used token that is presented again ends its session, unless it is the one used last, within REPLAY_GRACE (RFC 9700
    section 4.14.2). That end must outlive the error, so call this outside of a transaction. Costs three queries.
    """
    token = RefreshToken.read(refresh_token)
    session = session_of(token)
    new_id = uuid4()
    if not _replace(session, token.token_id, new_id, origin):
        raise ReplayedToken if _end_if_replayed(session, token.token_id, origin) else InvalidToken(session)
    return _token_pair(session, new_id)


@atomic
def _replace(session: Session, presented: UUID, new_id: UUID, origin: Origin) -> bool:
    """Make `new_id` the refresh token of the session; return False unless the one presented was that.

    One conditional update decides between parallel requests: those that find the row changed are refused.
    """
    live = Session.objects.live().filter(pk=session.pk, refresh_id=presented)
    is_first = live.update(refresh_id=new_id, previous_refresh_id=presented, rotated_at=timezone.now()) > 0
    if is_first:
        record_session("session.refreshed", session, session.user, origin)
    return is_first


@atomic
def sign_out(*, refresh_token: str, origin: Origin = UNKNOWN_ORIGIN) -> None:
    """End the session of a refresh token, even of a used one, and the grants that were made in it.

    Raises InvalidToken when no session can be ended.
    """
    session = session_of(RefreshToken.read(refresh_token))
    if not _end(Session.objects.filter(pk=session.pk)):
        raise InvalidToken
    record_session("session.ended", session, session.user, origin, interface="api")
    _end_children(session, origin)


@dataclass(frozen=True)
class SignedOut:
    """What signing out everywhere has ended, and what lives on."""

    sessions_ended: int
    service_tokens_ended: int
    service_tokens: list[ServiceToken]
    """The user's service tokens that can still be used."""


@atomic
def sign_out_everywhere(
    *, user: AbstractBaseUser, origin: Origin = UNKNOWN_ORIGIN, end_tokens: bool = False
) -> SignedOut:
    """End every session of `user` and every grant that no service token made; with `end_tokens` those tokens too."""
    actor, reason = Actor.from_user(user, origin=origin), EndReason.SIGNED_OUT_EVERYWHERE
    forget_approvals(user)
    sessions = revoke_sessions(sessions=Session.objects.filter(user_id=user.pk), actor=actor, reason=reason)
    end_session_grants(actor=actor, user_id=user.pk, reason=reason)
    tokens = end_service_tokens(actor=actor, user_id=user.pk, reason=reason) if end_tokens else 0
    return SignedOut(sessions, tokens, list(ServiceToken.objects.usable().filter(user=user.pk)))


@atomic
def revoke_sessions(*, sessions: SessionQuerySet, actor: Actor, reason: EndReason = EndReason.SESSION_ENDED) -> int:
    """End those of `sessions` that are live, and the grants that were made in them; return how many sessions.

    `reason` is why the grants end, for the audit log. Costs the same few queries for any number.
    """
    columns = ("pk", "user_id", f"user__{get_user_model().USERNAME_FIELD}")
    live = list(sessions.live().order_by().select_for_update(of=("self",)).values_list(*columns))
    if live:
        _end(Session.objects.filter(pk__in=[pk for pk, *_ in live]))
        users = Counter((user_id, name) for _, user_id, name in live)
        write([_revocation_event(actor, *user, count) for user, count in users.items()])
        ended = [(user_id, Session(pk=pk).credential) for pk, user_id, _ in live]
        end_sessions(actor=actor, sessions=ended, reason=reason)
    return len(live)


def forget_approvals(user: Any) -> None:
    """Delete what `user` has approved and no program has fetched yet, since it would become a session."""
    DeviceSignIn.objects.filter(user=user).delete()


@atomic
def _delete_batch(batch_size: int, actor: Actor) -> int:
    ids = list(Session.objects.expired().values_list("pk", flat=True)[:batch_size])
    if ids:
        Session.objects.filter(pk__in=ids).delete()
        record("sessions.cleared", actor=actor, subject=Subject("session"), count=len(ids))
    return len(ids)


def delete_expired(*, actor: Actor, batch_size: int = DELETE_BATCH) -> int:
    """Delete expired sessions, `batch_size` in each transaction; return how many."""
    deleted = 0
    while batch := _delete_batch(batch_size, actor):
        deleted += batch
    return deleted


def _end(sessions: SessionQuerySet) -> int:
    return sessions.live().update(revoked_at=timezone.now())


def _end_children(session: Session, origin: Origin) -> None:
    actor = Actor.from_user(session.user, origin=replace(origin, credential=session.credential))
    end_sessions(actor=actor, sessions=[(session.user_id, session.credential)])


def _revocation_event(actor: Actor, user_id: Any, name: str, count: int) -> AuditEvent:
    subject, owner = Subject("user", str(user_id), name), Owner(user_id=user_id)
    return build_event("sessions.revoked", actor=actor, subject=subject, owner=owner, count=count)


@atomic
def _end_if_replayed(session: Session, presented: UUID, origin: Origin) -> bool:
    """End the session if a used token was replayed, and not just sent twice; return whether it was ended."""
    innocent = {"previous_refresh_id": presented, "rotated_at__gt": timezone.now() - REPLAY_GRACE}
    has_ended = _end(Session.objects.filter(pk=session.pk).exclude(**innocent)) > 0
    if has_ended:
        record_session("session.replayed", session, session.user, origin)
        _end_children(session, origin)
        logger.warning("session.replayed session=%s user=%s", session.pk, session.user_id)
    return has_ended


def _token_pair(session: Session, refresh_id: UUID) -> TokenPair:
    subject = str(session.user_id)
    access_end = min(timezone.now() + AccessToken.lifetime, session.expires_at)
    access = AccessToken.issue(session_id=session.pk, subject=subject, token_id=uuid4(), expires_at=access_end)
    refresh = RefreshToken.issue(
        session_id=session.pk, subject=subject, token_id=refresh_id, expires_at=session.expires_at
    )
    return TokenPair(access=str(access), refresh=str(refresh))
