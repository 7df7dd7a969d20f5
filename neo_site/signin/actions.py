"""What happens to sessions. Each ends at a fixed time from sign-in: refreshing gives new tokens, not more time."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from neo_site.signin.authentication import session_of
from neo_site.signin.errors import InvalidToken
from neo_site.signin.models import Session, SessionQuerySet
from neo_site.signin.tokens import AccessToken, RefreshToken, TokenPair

logger = logging.getLogger(__name__)

# A client that retries, or asks twice at once, presents a used token within moments. A thief comes later.
REPLAY_GRACE = timedelta(seconds=5)
DELETE_BATCH = 1_000


def sign_in(*, user: AbstractBaseUser) -> TokenPair:
    """Begin a session of `user`, who has proved who he is, and note when. Costs one insert and one update."""
    now = timezone.now()
    with transaction.atomic():
        session = Session.objects.create(
            user_id=user.pk, auth_hash=user.get_session_auth_hash(), expires_at=now + RefreshToken.lifetime
        )
        # Not `update_last_login`: its save() fails for a user who has just been deleted.
        type(user)._default_manager.filter(pk=user.pk).update(last_login=now)
    return _token_pair(session, session.refresh_id)


def rotate(*, refresh_token: str) -> TokenPair:
    """Exchange a refresh token, once, for a new pair; raises InvalidToken.

    A used token presented again ends its session, unless it is the last one used and within REPLAY_GRACE (RFC 9700
    section 4.14.2). That end must outlive the error: call this outside of a transaction. Costs two queries.
    """
    token = RefreshToken.read(refresh_token)
    session = session_of(token)
    new_id = uuid4()
    # One conditional update decides between parallel requests; whoever finds the row changed has lost.
    rotated = (
        Session.objects.live()
        .filter(pk=session.pk, refresh_id=token.token_id)
        .update(refresh_id=new_id, previous_refresh_id=token.token_id, rotated_at=timezone.now())
    )
    if not rotated:
        _end_if_replayed(session, token.token_id)
        raise InvalidToken
    return _token_pair(session, new_id)


def sign_out(*, refresh_token: str) -> None:
    """End the session of a refresh token, a used one included; raises InvalidToken when there is none to end."""
    session = session_of(RefreshToken.read(refresh_token))
    if not revoke_sessions(sessions=Session.objects.filter(pk=session.pk)):
        raise InvalidToken


def sign_out_everywhere(*, user: AbstractBaseUser) -> int:
    """End every session of `user`; how many there were. Costs one update."""
    return revoke_sessions(sessions=Session.objects.filter(user_id=user.pk))


def revoke_sessions(*, sessions: SessionQuerySet) -> int:
    """End those of `sessions` that are live; how many there were. Costs one update."""
    return sessions.live().update(revoked_at=timezone.now())


def delete_expired(*, batch_size: int = DELETE_BATCH) -> int:
    """Delete sessions past their end, `batch_size` rows a transaction; how many there were."""
    deleted = 0
    while ids := list(Session.objects.expired().values_list("pk", flat=True)[:batch_size]):
        deleted += Session.objects.filter(pk__in=ids).delete()[0]
    return deleted


def _end_if_replayed(session: Session, presented: UUID) -> None:
    innocent = {"previous_refresh_id": presented, "rotated_at__gt": timezone.now() - REPLAY_GRACE}
    if revoke_sessions(sessions=Session.objects.filter(pk=session.pk).exclude(**innocent)):
        logger.warning("session.replayed session=%s user=%s", session.pk, session.user_id)


def _token_pair(session: Session, refresh_id: UUID) -> TokenPair:
    subject = str(session.user_id)
    access_end = min(timezone.now() + AccessToken.lifetime, session.expires_at)
    access = AccessToken.issue(session_id=session.pk, subject=subject, token_id=uuid4(), expires_at=access_end)
    refresh = RefreshToken.issue(
        session_id=session.pk, subject=subject, token_id=refresh_id, expires_at=session.expires_at
    )
    return TokenPair(access=str(access), refresh=str(refresh))
