"""The tree of credentials: what makes a child is held while it does, and what ends takes its children along.

A user's row is the root of their tree. Whoever makes a credential of a user and whoever ends one lock that row first,
so that a child is either made before the end, and ends with it, or is not made. The quick way to a grant waits for
nobody: it goes by how often something in the tree has ended. The callers of what ends something have checked the
policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import F
from django.utils import timezone

from neo_base import quick_way
from neo_base.access.accounts import is_active
from neo_base.access.actors import Actor, Credential
from neo_base.access.announcing import announce
from neo_base.transactions import atomic
from secrets_app import signals
from secrets_app.audit.recording import build_event, write
from secrets_app.conf import conf
from secrets_app.errors import SignInEnded
from secrets_app.models import CredentialTree, EndedCredential, ServiceToken, TaskGrant
from secrets_app.models.task_grant import TaskGrantQuerySet
from secrets_app.models.token import ServiceTokenQuerySet
from secrets_app.policies import PERMISSIONS, Permission

SIGN_INS = ("session", "cookie")
"""The kinds of credentials that a user gets for their password, and that end when it changes."""

LONGEST_REQUEST = timedelta(days=1)


class EndReason(StrEnum):
    """Why a grant or a service token ended together with something else, as audit events say it."""

    SESSION_ENDED = "session_ended"
    TOKEN_REVOKED = "token_revoked"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"
    USER_DEACTIVATED = "user_deactivated"
    MEMBERSHIP_ENDED = "membership_ended"
    ROLE_LOWERED = "role_lowered"
    REQUESTED = "requested"


def hold_parent(actor: Actor) -> Actor:
    """Lock the tree of the actor's user until commit; return the actor, whose roles are then read afresh.

    For what makes a credential, as its first step. Raises SignInEnded if the user is gone or inactive by now, or if
    the session of the request has ended since the request began. Costs up to two queries, and where quick ways are
    open an INSERT, so that the user has a tree to go by.
    """
    user = next(iter(lock_users([actor.user.pk])), None)
    if user is None or not is_active(user):
        raise SignInEnded()
    credential = actor.origin.credential
    if credential.kind in SIGN_INS and (
        user.password != actor.user.password or EndedCredential.objects.has(credential)
    ):
        raise SignInEnded()
    if quick_way.is_open():
        # Its grants can be made the quick way from now on.
        CredentialTree.objects.bulk_create([CredentialTree(user=user)], ignore_conflicts=True)
    return replace(actor, roles={})


def lock_users(user_ids: Iterable[Any]) -> list[Any]:
    """Lock the rows of these users until commit, in one order for everybody; return the users as they are now."""
    rows = get_user_model()._base_manager.select_for_update(no_key=True)
    return list(rows.filter(pk__in=set(user_ids)).order_by("pk"))


def _end_in_trees(user_ids: Collection[Any]) -> list[Any]:
    """Do what `lock_users` does, as the first step of what ends something of these users."""
    users = lock_users(user_ids)
    CredentialTree.objects.filter(pk__in=user_ids).update(endings=F("endings") + 1)
    return users


@atomic
def end_sessions(
    *, actor: Actor, sessions: Sequence[tuple[Any, Credential]], reason: EndReason = EndReason.SESSION_ENDED
) -> int:
    """End the grants that were made in these sessions, each given with its user's id; return how many grants.

    A request that one of the sessions has signed in makes none any more either.
    """
    user_ids = {user_id for user_id, _ in sessions}
    _end_in_trees(user_ids)
    now = timezone.now()
    EndedCredential.objects.filter(user__in=user_ids).out_of_use(before=now - LONGEST_REQUEST).delete()
    EndedCredential.objects.bulk_create(
        [
            EndedCredential(user_id=user_id, kind=credential.kind, credential_id=credential.id, ended_at=now)
            for user_id, credential in sessions
        ],
        ignore_conflicts=True,
    )
    made = TaskGrant.objects.made_with([credential for _, credential in sessions])
    return end_grants(actor=actor, grants=made, reason=reason)


@atomic
def end_session_grants(*, actor: Actor, user_id: Any, reason: EndReason) -> int:
    """End every grant of a user that no service token made; return how many."""
    _end_in_trees([user_id])
    return end_grants(actor=actor, grants=TaskGrant.objects.filter(user=user_id, service_token=None), reason=reason)


@atomic
def end_service_tokens(*, actor: Actor, user_id: Any, reason: EndReason) -> int:
    """End the service tokens of a user, with the grants that they made; return how many tokens."""
    _end_in_trees([user_id])
    return end_tokens(actor=actor, tokens=ServiceToken.objects.filter(user=user_id), reason=reason)


@atomic
def end_membership(*, actor: Actor, user_id: Any, project_id: UUID) -> None:
    """End what a user's membership in a project allowed: their grants there, and service tokens for nothing else."""
    _end_in_trees([user_id])
    tokens = ServiceToken.objects.filter(user=user_id, project=project_id)
    grants = TaskGrant.objects.filter(user=user_id, project=project_id)
    end_tokens(actor=actor, tokens=tokens, reason=EndReason.MEMBERSHIP_ENDED)
    end_grants(actor=actor, grants=grants, reason=EndReason.MEMBERSHIP_ENDED)


@atomic
def end_what_exceeds_roles(*, actor: Actor, project_id: UUID, user_id: Any = None) -> None:
    """End what users, or this one, have in a project beyond the roles that they have there now."""
    whose = {} if user_id is None else {"user": user_id}
    grants = TaskGrant.objects.open().filter(project=project_id, **whose)
    tokens = ServiceToken.objects.usable().filter(project=project_id, **whose)
    user_ids = {*grants.values_list("user", flat=True), *tokens.values_list("user", flat=True)}
    for user in _end_in_trees(user_ids if user_id is None else [user_id]):
        role = conf.membership_policy.role(user, project_id)
        if role is None:
            end_membership(actor=actor, user_id=user.pk, project_id=project_id)
        elif role not in PERMISSIONS[Permission.RUNTIME_USE].roles:
            end_grants(actor=actor, grants=grants.filter(user=user), reason=EndReason.ROLE_LOWERED)


@atomic
def end_tokens(*, actor: Actor, tokens: ServiceTokenQuerySet, reason: EndReason) -> int:
    """End those of `tokens` that are usable, with the grants that they made; return how many tokens."""
    rows = list(tokens.usable().select_for_update(of=("self",), no_key=True).order_by("pk"))
    if not rows:
        return 0
    ServiceToken.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
    _record("token.revoked", actor, rows, reason)
    for row in rows:
        announce(signals.token_revoked, ServiceToken, token=row, actor=actor)
    end_grants(actor=actor, grants=TaskGrant.objects.filter(service_token__in=rows), reason=EndReason.TOKEN_REVOKED)
    return len(rows)


@atomic
def end_grants(*, actor: Actor, grants: TaskGrantQuerySet, reason: EndReason) -> int:
    """End those of `grants` that are open; return how many. Costs three queries for any number."""
    rows = list(grants.open().select_for_update(of=("self",), no_key=True).order_by("pk"))
    if rows:
        TaskGrant.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=timezone.now())
        _record("grant.revoked", actor, rows, reason)
    for row in rows:
        announce(signals.grant_revoked, TaskGrant, grant=row, actor=actor)
    return len(rows)


def _record(event: str, actor: Actor, rows: Sequence[ServiceToken | TaskGrant], reason: EndReason) -> None:
    events = ((row.subject, row.owner) for row in rows)
    write([build_event(event, actor=actor, subject=subject, owner=owner, reason=reason) for subject, owner in events])
