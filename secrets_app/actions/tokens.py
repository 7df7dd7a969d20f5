"""All changes to service tokens. Each action requires, changes, records, and announces on commit, in this order."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import Error
from django.db.models import Q
from django.utils import timezone

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor, ActorKind
from neo_base.access.announcing import announce
from neo_base.access.errors import NotAMember
from neo_base.audit.subjects import Subject
from neo_base.transactions import atomic
from secrets_app import signals, token_format
from secrets_app.actions.credentials import EndReason, end_grants, hold_parent
from secrets_app.audit.recording import record
from secrets_app.conf import conf
from secrets_app.errors import ExpiryPassed, ExpiryTooLate, NoSuchToken, SignInTooOld, TooManyTokens
from secrets_app.models import ServiceToken, TaskGrant
from secrets_app.models.token import LAST_USED_PRECISION
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require

logger = logging.getLogger(__name__)


DELETE_BATCH = 1_000


class Unset(Enum):
    """The type of `UNSET`, the default of arguments for which None has a meaning."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True)
class NewToken:
    """A token that was just created, with its text, which is not stored and cannot be shown again."""

    row: ServiceToken
    text: str = field(repr=False)


@atomic
def create_token(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    project_id: UUID | None = None,
    expires_at: datetime | Unset | None = UNSET,
) -> NewToken:
    """Create a token for the actor; it can never do more than its owner.

    Without `expires_at` it lasts as long as the site's tokens usually do; with None it never expires. Raises
    SignInTooOld, ExpiryPassed, ExpiryTooLate, TooManyTokens, what `hold_parent` raises, and what `require` raises:
    NotAMember for a project of which the actor is not a member.
    """
    actor = hold_parent(actor)
    owner = Owner(user_id=actor.user.pk)
    require(actor, Permission.TOKEN_MANAGE, owner)
    if project_id is not None:
        require(actor, Permission.SECRET_VIEW, Owner(project_id=project_id))
    _require_recent_sign_in(actor)
    end = _end(expires_at)
    if ServiceToken.objects.usable().filter(user=actor.user).count() >= conf.max_tokens_per_user:
        raise TooManyTokens()
    text = token_format.new_token()
    row = ServiceToken.objects.create(
        user=actor.user,
        name=name,
        prefix=token_format.shown(text),
        digest=token_format.digest(text),
        scopes=sorted(set(scopes)),
        project_id=project_id,
        expires_at=end,
        parent_kind=actor.origin.credential.kind,
        parent_id=actor.origin.credential.id,
    )
    terms = {"scopes": row.scopes, "project_id": project_id, "expires_at": end}
    _record("token.created", actor, row, **terms, fingerprint=token_format.fingerprint(row.digest))
    announce(signals.token_created, ServiceToken, token=row, actor=actor)
    return NewToken(row, text)


@atomic
def revoke_token(*, actor: Actor, token_id: UUID) -> None:
    """Revoke a token at once, with the grants that it made.

    People revoke their own, and admins of a project anybody's that reach it alone. Raises NoSuchToken if it is missing,
    already revoked, or another user's and for no project of the actor; RoleTooLow if they are no admin of that project.
    """
    row = ServiceToken.objects.filter(pk=token_id, revoked_at=None).first()
    if row is None:
        raise NoSuchToken(is_hidden=True)
    is_anothers = actor.kind is ActorKind.USER and row.user_id != actor.user.pk
    if is_anothers:
        _require_admin(actor, row)
    else:
        require(actor, Permission.TOKEN_MANAGE, row.owner)
    if not ServiceToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=timezone.now()):
        # Another request has revoked the token since it was read above.
        raise NoSuchToken()
    _record("token.revoked", actor, row)
    if is_anothers:
        # The log of the project has it as well: there it was an admin's act, and the first event is its owner's.
        project = Owner(project_id=row.project_id)
        record("token.withdrawn", actor=actor, subject=row.subject, owner=project)
    announce(signals.token_revoked, ServiceToken, token=row, actor=actor)
    end_grants(actor=actor, grants=TaskGrant.objects.filter(service_token=row), reason=EndReason.TOKEN_REVOKED)


def _require_admin(actor: Actor, token: ServiceToken) -> None:
    """Return if the token reaches one project alone, and the actor is an admin there; see `revoke_token`."""
    if token.project_id is None:
        raise NoSuchToken(is_hidden=True)
    try:
        require(actor, Permission.PROJECT_TOKENS_MANAGE, Owner(project_id=token.project_id))
    except NotAMember:
        raise NoSuchToken(is_hidden=True) from None


def _require_recent_sign_in(actor: Actor) -> None:
    """Raise SignInTooOld if a request makes the token, and its user has not just proved who they are.

    A stolen session lasts minutes, and what it made would last for months. The site's own code, without a request, is
    not asked.
    """
    age = conf.sign_in_age_seconds
    if age is None or actor.origin is UNKNOWN_ORIGIN:
        return
    signed_in_at = actor.origin.signed_in_at
    if signed_in_at is None or signed_in_at <= timezone.now() - timedelta(seconds=age):
        raise SignInTooOld()


def _end(expires_at: datetime | Unset | None) -> datetime | None:
    """Return when a new token expires. Raises ExpiryPassed and ExpiryTooLate."""
    now, days = timezone.now(), conf.max_service_token_days
    latest = None if days is None else now + timedelta(days=days)
    if isinstance(expires_at, Unset):
        usual = now + timedelta(days=conf.service_token_days)
        return usual if latest is None else min(usual, latest)
    if expires_at is not None and expires_at <= now:
        raise ExpiryPassed()
    if latest is not None and (expires_at is None or expires_at > latest):
        raise ExpiryTooLate()
    return expires_at


def _record(event: str, actor: Actor, token: ServiceToken, **data: Any) -> None:
    record(event, actor=actor, subject=token.subject, owner=token.owner, **data)


def note_use(token: ServiceToken, *, now: Any = None) -> None:
    """Set the token's time of last use, with at most one write a minute, also from concurrent requests.

    If the database cannot be written, on a full disk for example, a warning is logged and requests still work.
    """
    now = now or timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_PRECISION)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_PRECISION:
        try:
            ServiceToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
        except Error as error:
            logger.warning("token.use_not_noted error=%s", type(error).__name__)


def delete_ended(*, actor: Actor, before: datetime, batch_size: int = DELETE_BATCH) -> int:
    """Delete tokens that ended before `before`, and their grants, in batches; return the number of tokens deleted."""
    deleted = 0
    ended = ServiceToken.objects.ended(before=before).order_by("pk").values_list("pk", flat=True)
    while batch := list(ended[:batch_size]):
        _delete_batch(actor, batch)
        deleted += len(batch)
    return deleted


@atomic
def _delete_batch(actor: Actor, token_ids: Sequence[UUID]) -> None:
    ServiceToken.objects.filter(pk__in=token_ids).delete()
    record("tokens.cleared", actor=actor, subject=Subject("token"), count=len(token_ids))
