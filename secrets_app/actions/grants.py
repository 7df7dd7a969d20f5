"""All changes to task grants: require, change, record, announce. `tasks/selection.py` decides what a task sees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from neo_base.access.actors import Actor, ActorKind
from neo_base.access.announcing import announce
from neo_base.audit.subjects import Subject
from neo_base.quick_way import NotRegular, try_quickly
from neo_base.transactions import atomic
from secrets_app import signals, statements, token_format
from secrets_app.actions.credentials import hold_parent
from secrets_app.actions.memory import forget_deleted, remember_selected
from secrets_app.audit.granted_sets import delete_unused, stored_set
from secrets_app.audit.recording import build_event, record, write_by
from secrets_app.conf import conf
from secrets_app.errors import GrantTooLong, NoSuchGrant, TooManyGrants, UnknownSecrets
from secrets_app.models import AuditEvent, CredentialTree, GrantedSet, ServiceToken, TaskGrant
from secrets_app.models.audit import GRANT
from secrets_app.models.granted_set import Content, Granted
from secrets_app.models.task_grant import TaskScope
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require
from secrets_app.tasks import memory
from secrets_app.tasks.candidates import candidates_and_grantor, candidates_for, owner_kinds_of
from secrets_app.tasks.selection import (
    Candidate,
    Omitted,
    Remembered,
    SelectedName,
    Selection,
    SelectionRequest,
    select,
)

DEFAULT_SECONDS = 900
# A user with less room than this is counted under a lock, so that concurrent requests cannot exceed the limit.
GRANTS_AT_ONCE = 100
DELETE_BATCH = 1_000


@dataclass(frozen=True)
class GrantRequest:
    """What a client asks of a new grant."""

    project_id: UUID | None = None
    secrets: Sequence[SelectedName] = ()
    include_default: bool = True
    latest: bool = False
    scopes: Collection[str] = ()
    ttl: int | None = None
    """In seconds; None for `DEFAULT_SECONDS`, or the site's maximum if that is shorter."""
    max_uses: int | None = None
    task_id: str = ""
    thread_id: str = ""


@dataclass(frozen=True)
class NewGrant:
    """A grant that was just created, with the text of its token, which is not stored and cannot be shown again."""

    row: TaskGrant
    text: str = field(repr=False)


class Seen(NamedTuple):
    """What was looked at before a grant is made."""

    actor: Actor
    candidates: Sequence[Candidate] | None = None
    """None if they are still to be read."""
    endings: int | None = None
    """What `Grantor` says; None if the tree of the actor's user is locked until commit."""


class Way(NamedTuple):
    """How a grant is made: what is looked at first, and how it is stored."""

    look: Callable[[Actor, GrantRequest], Seen]
    store: Callable[[Seen, TaskGrant], None]


def create_grant(*, actor: Actor, grant_request: GrantRequest, service_token: ServiceToken | None = None) -> NewGrant:
    """Create a grant for one task, with the current version of each secret. It ends with the actor's credential.

    If the actor signed in with a service token, that `service_token` must be given. Raises UnknownSecrets,
    GrantTooLong, TooManyGrants, what `hold_parent` raises, and what `require` raises: RoleTooLow for a viewer of the
    project. Costs the same few queries whatever the number of secrets.
    """
    if actor.limits is not None and service_token is None:
        raise ValueError("The actor signed in with a service token. Pass it, so that the grant ends with it.")
    created = try_quickly("grant", lambda: _create_quickly(actor, grant_request, service_token))
    return created or _create_whole(actor, grant_request, service_token, PLAIN)


def _create_quickly(actor: Actor, grant_request: GrantRequest, service_token: ServiceToken | None) -> NewGrant:
    """Create a grant by one statement, which is a transaction of its own unless a thread remembers the selection.

    Raises NotRegular.
    """
    with_others = grant_request.thread_id or connection.in_atomic_block
    return (_create_whole if with_others else _create)(actor, grant_request, service_token, QUICK)


def _create(actor: Actor, grant_request: GrantRequest, service_token: ServiceToken | None, way: Way) -> NewGrant:
    seen = way.look(actor, grant_request)
    actor = seen.actor
    grant, selection = _plan(actor, grant_request, seen.candidates)
    text = token_format.new_token(token_format.TASK_PREFIX)
    _attach(grant, actor, service_token)
    grant.prefix, grant.digest = token_format.shown(text), token_format.digest(text)
    way.store(seen, grant)
    if grant_request.thread_id:
        remember_selected(actor.user, grant_request.project_id, grant_request.thread_id, selection.given)
    announce(signals.grant_created, TaskGrant, grant=grant, actor=actor)
    return NewGrant(grant, text)


_create_whole = atomic(_create)


def _look_plainly(actor: Actor, grant_request: GrantRequest) -> Seen:
    return Seen(hold_parent(actor))


def _look_quickly(actor: Actor, grant_request: GrantRequest) -> Seen:
    """Look at what `hold_parent` looks at, and read the candidates, by one query and without a lock.

    Raises NotRegular.
    """
    statements.require_possible()
    project_id = grant_request.project_id
    candidates, grantor = candidates_and_grantor(actor, project_id, owner_kinds_of(actor, project_id))
    if grantor.endings is None:
        raise NotRegular
    actor = replace(actor, roles={} if grantor.role is None else {project_id: grantor.role})
    return Seen(actor, candidates, grantor.endings)


def _store_plainly(seen: Seen, grant: TaskGrant) -> None:
    actor = seen.actor
    grant.granted_set = stored_set(_content(grant))
    if TaskGrant.objects.usable().filter(user=actor.user).count() >= conf.max_grants_per_user:
        raise TooManyGrants()
    grant.save(force_insert=True)
    _record(GRANT, actor, grant, granted_set=grant.granted_set, **_terms(grant))


def _store_quickly(seen: Seen, grant: TaskGrant) -> None:
    """Store a grant and its event by one statement. Raises NotRegular, after which a transaction is lost."""
    actor, digest = seen.actor, _content(grant).digest
    event = build_event(GRANT, actor=actor, subject=grant.subject, owner=grant.owner, set=digest.hex(), **_terms(grant))
    parameters = {
        "grants": statements.as_json([grant]),
        "user": actor.user.pk,
        "endings": seen.endings,
        "now": grant.created_at,
        "most": conf.max_grants_per_user - GRANTS_AT_ONCE,
        "digest": digest,
    }
    ((grant.granted_set_id,),) = write_by(_creation(), parameters, event)


@cache
def _creation() -> str:
    """Return the statement that stores a grant and its event, if its granted set is stored and its user has few grants.

    And if nothing in the tree of its user has ended since it was looked at: whoever is about to end something there
    waits for this transaction, and this waits for nobody. Nobody deletes the set before it ends either. Grants whose
    service token has ended are counted, too.
    """
    grants = statements.table(TaskGrant)
    user = statements.parameter("user", TaskGrant, "user")
    now = statements.parameter("now", TaskGrant, "expires_at")
    place: dict[str, Any] = {"given": "tree, room, held", "granted_set_id": "held.id"}
    return f"""
        WITH tree AS (
            SELECT FROM {statements.table(CredentialTree)} WHERE user_id = {user} AND endings = %(endings)s
            FOR SHARE SKIP LOCKED
        ), room AS (
            SELECT FROM (
                SELECT count(*) AS taken FROM {grants}
                WHERE user_id = {user} AND expires_at > {now} AND revoked_at IS NULL
            ) AS counted WHERE taken < %(most)s
        ), held AS (
            SELECT id FROM {statements.table(GrantedSet)} WHERE digest = %(digest)s FOR KEY SHARE
        ), stored AS ({statements.insert(TaskGrant, "grants", **place)})
        {statements.insert(AuditEvent, "events", **place)} RETURNING granted_set_id
    """  # noqa: S608  (names of ours)


PLAIN, QUICK = Way(_look_plainly, _store_plainly), Way(_look_quickly, _store_quickly)


def _content(grant: TaskGrant) -> Content:
    return Content(grant.granted_secrets, grant.omitted_secrets)


def explain_grant(*, actor: Actor, grant_request: GrantRequest) -> TaskGrant:
    """Return the grant that `create_grant` would create, not saved and without a token.

    Raises UnknownSecrets, GrantTooLong, and what `require` raises.
    """
    grant, _ = _plan(actor, grant_request, is_recorded=False)
    return grant


@atomic
def revoke_grant(*, actor: Actor, grant_id: UUID) -> None:
    """Revoke a grant at once; one that is revoked already stays as it is.

    Raises NoSuchGrant, also for a user who is not its grantor, and what `require` raises.
    """
    grant = TaskGrant.objects.select_for_update(no_key=True).filter(pk=grant_id).first()
    if grant is None or (actor.kind is ActorKind.USER and grant.user_id != actor.user.pk):
        raise NoSuchGrant()
    require(actor, Permission.GRANT_MANAGE, grant.owner)
    if grant.revoked_at is not None:
        return
    grant.revoked_at = timezone.now()
    grant.save(update_fields=["revoked_at"])
    _record("grant.revoked", actor, grant)
    announce(signals.grant_revoked, TaskGrant, grant=grant, actor=actor)


def delete_ended(*, actor: Actor, before: datetime, batch_size: int = DELETE_BATCH) -> int:
    """Delete grants that ended before `before`, in batches, and the sets that nothing names then.

    Return the number of grants deleted.
    """
    deleted = 0
    while batch := list(TaskGrant.objects.ended(before=before).order_by("expires_at").values_list("pk")[:batch_size]):
        _delete_batch(actor, [pk for (pk,) in batch])
        deleted += len(batch)
    delete_unused()
    return deleted


@atomic
def _delete_batch(actor: Actor, grant_ids: Sequence[UUID]) -> None:
    TaskGrant.objects.filter(pk__in=grant_ids).delete()
    record("grants.cleared", actor=actor, subject=Subject("grant"), count=len(grant_ids))


def _attach(grant: TaskGrant, actor: Actor, service_token: ServiceToken | None) -> None:
    """Name the parent of a new grant, which the grant never outlives."""
    grant.service_token = service_token
    origin = actor.origin
    grant.parent = origin.credential if service_token is None else service_token.credential
    ends = (origin.ends_at, None if service_token is None else service_token.expires_at)
    grant.expires_at = min([grant.expires_at, *(end for end in ends if end is not None)])


def _record(event: str, actor: Actor, grant: TaskGrant, **data: Any) -> None:
    record(event, actor=actor, subject=grant.subject, owner=grant.owner, **data)


def _terms(grant: TaskGrant) -> dict[str, Any]:
    limit = {} if grant.max_uses is None else {"max_uses": grant.max_uses}
    return {
        "scopes": grant.scopes,
        "latest": grant.latest,
        "expires_at": grant.expires_at,
        "fingerprint": token_format.fingerprint(grant.digest),
        **limit,
    }


def _plan(
    actor: Actor,
    grant_request: GrantRequest,
    candidates: Sequence[Candidate] | None = None,
    *,
    is_recorded: bool = True,
) -> tuple[TaskGrant, Selection]:
    """Return the grant, not saved yet, and the selection from which it was made, of these candidates if given."""
    owner = Owner.of(actor.user.pk, grant_request.project_id)
    require(actor, Permission.RUNTIME_USE, owner)
    if TaskScope.CREATE_SECRETS in grant_request.scopes:
        # Otherwise a service token that may not write secrets could write them through a task.
        require(actor, Permission.SECRET_CREATE, owner)
    seconds = min(DEFAULT_SECONDS, conf.max_grant_seconds) if grant_request.ttl is None else grant_request.ttl
    if seconds > conf.max_grant_seconds:
        raise GrantTooLong()
    selection = _select(actor, grant_request, candidates, is_recorded=is_recorded)
    now = timezone.now()
    grant = TaskGrant(
        user=actor.user,
        project_id=grant_request.project_id,
        task_id=grant_request.task_id,
        thread_id=grant_request.thread_id,
        scopes=sorted(set(grant_request.scopes)),
        latest=grant_request.latest,
        max_uses=grant_request.max_uses,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )
    grant.granted_secrets = [
        Granted(each.secret_id, each.name, each.owner_kind.value, each.version, reason.value, each.is_maskable)
        for each, reason in selection.given
    ]
    grant.omitted_secrets = [_as_json(omitted) for omitted in selection.omitted]
    return grant, selection


def _select(
    actor: Actor, grant_request: GrantRequest, candidates: Sequence[Candidate] | None, *, is_recorded: bool
) -> Selection:
    """Return which secrets the actor's task gets. Raises UnknownSecrets."""
    owner_kinds = owner_kinds_of(actor, grant_request.project_id)
    if candidates is None:
        candidates = candidates_for(actor.user.pk, grant_request.project_id, owner_kinds)
    names: set[Remembered] = set()
    if grant_request.thread_id:
        rows = memory.remembered(actor.user, grant_request.project_id, grant_request.thread_id)
        names = memory.names_of(rows)
        if is_recorded:
            forget_deleted(rows, candidates, owner_kinds)
    selection_request = SelectionRequest(grant_request.secrets, names, grant_request.include_default)
    selection = select(candidates, selection_request, now=timezone.now())
    if selection.unknown:
        raise UnknownSecrets({"secrets": [f"There is no secret {selected} here." for selected in selection.unknown]})
    return selection


def _as_json(omitted: Omitted) -> dict[str, Any]:
    secret, reason = omitted
    return {
        "name": secret.name,
        "owner": secret.owner_kind.value,
        "secret_id": str(secret.secret_id),
        "reason": reason.value,
    }
