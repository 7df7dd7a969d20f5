"""Creation of secrets: one, or several at once, by the quick way or the plain one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.quick_way import NotRegular, try_quickly
from neo_base.transactions import retry_serialization
from secrets_app import signals, statements, vault
from secrets_app.actions.secrets import bytes_of, quarantine_of, value_columns
from secrets_app.audit.recording import build_event, write, write_by
from secrets_app.conf import conf
from secrets_app.errors import NameTaken, TooManySecrets
from secrets_app.models import AuditEvent, DataKey, HeldName, Secret, TaskGrant
from secrets_app.models.names import free_name
from secrets_app.models.secret import QuarantineReason
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, is_held_for_its_name, require

# An owner with less room than this is counted under a lock, so that concurrent requests cannot exceed the limit.
CREATIONS_AT_ONCE = 200
RENAME_ATTEMPTS = 5


@dataclass(frozen=True)
class Draft:
    """A secret to be created."""

    owner: Owner
    name: str
    value: Plaintext
    default_available: bool = False
    created_by_agent: bool = False
    description: str = ""
    expires_at: datetime | None = None
    made_by: TaskGrant | None = None
    """The grant of the task that creates the secret; None for users and their service tokens."""
    id: UUID = field(default_factory=uuid4)
    """Chosen before the row is created, because the ciphertext is bound to it."""


def create_secret(*, actor: Actor, draft: Draft) -> Secret:
    """Create one secret. Raises NameTaken, TooManySecrets, KeyUnavailable, and what `require` raises."""
    return create_secrets(actor=actor, drafts=[draft])[0]


def create_secrets(*, actor: Actor, drafts: Sequence[Draft], rename: bool = False) -> list[Secret]:
    """Create a secret for each of `drafts`, or none at all; return them in the same order.

    Raises NameTaken if an owner would have two secrets of the same name; with `rename`, the later one gets the suffix
    `_2`, `_3`, … instead. Also raises TooManySecrets, KeyUnavailable, and what `require` raises.
    """
    created = try_quickly("create", lambda: _create_quickly(actor, drafts, rename=rename))
    if created is not None:
        return created
    return _create_plainly(actor, drafts, rename=rename)


@retry_serialization
def _create_plainly(actor: Actor, drafts: Sequence[Draft], *, rename: bool) -> list[Secret]:
    for _ in range(RENAME_ATTEMPTS if rename else 1):
        try:
            with transaction.atomic():
                return _create(actor, _renamed(drafts) if rename else drafts)
        except IntegrityError:
            # Names are compared only now: the constraint decides, since another request may take a name at any moment.
            if not _has_taken_name(drafts):
                raise
    raise NameTaken()


def _create(actor: Actor, drafts: Sequence[Draft]) -> list[Secret]:
    for owner, is_by_task in {(draft.owner, draft.made_by is not None) for draft in drafts}:
        require(actor, Permission.TASK_CREATE if is_by_task else Permission.SECRET_CREATE, owner)
    adding = Counter(draft.owner for draft in drafts)
    for owner, count in adding.items():
        require_room(owner, count)
    held = _held_names(actor, drafts)
    sealers = {owner: vault.Sealer(owner, values=count) for owner, count in adding.items()}
    secrets = Secret.objects.bulk_create([_sealed_secret(actor, draft, held, sealers[draft.owner]) for draft in drafts])
    write([_creation_event(actor, secret) for secret in secrets])
    _announce_created(actor, secrets)
    return secrets


def _create_quickly(actor: Actor, drafts: Sequence[Draft], *, rename: bool) -> list[Secret]:
    """Create secrets of one owner, who has room for many more, by one statement. Raises NotRegular."""
    owners = {draft.owner for draft in drafts}
    if rename or len(owners) != 1 or any(draft.made_by is not None for draft in drafts):
        raise NotRegular
    statements.require_possible()
    (owner,) = owners
    require(actor, Permission.SECRET_CREATE, owner)
    sealer, held = vault.Sealer.remembered(owner, values=len(drafts)), _held_names(actor, drafts)
    secrets = [_sealed_secret(actor, draft, held, sealer) for draft in drafts]
    parameters = {
        "secrets": statements.as_json(secrets),
        "key": sealer.data_key_id,
        "seals": vault.bound_of_seals(),
        "owner": owner.user_id if owner.project_id is None else owner.project_id,
        "most": conf.max_secrets_per_scope - CREATIONS_AT_ONCE - len(drafts),
    }
    statement = _creation(of_project=owner.project_id is not None)
    with statements.undoable():
        write_by(statement, parameters, *(_creation_event(actor, secret) for secret in secrets))
    _announce_created(actor, secrets)
    return secrets


@cache
def _creation(*, of_project: bool) -> str:
    """Return the statement that stores secrets and their events, if their data key is active and their owner has room.

    A key that somebody is about to retire is locked, and then nothing waits for it.
    """
    secrets, column = statements.table(Secret), "project_id" if of_project else "user_id"
    owner = statements.parameter("owner", Secret, column)
    stored = statements.insert(Secret, "secrets", given="held, room")
    return f"""
        WITH held AS (
            SELECT id FROM {statements.table(DataKey)}
            WHERE id = %(key)s AND state = '{DataKey.State.ACTIVE}' AND seals < %(seals)s FOR KEY SHARE SKIP LOCKED
        ), room AS (
            SELECT FROM (SELECT count(*) AS taken FROM {secrets} WHERE {column} = {owner}) AS counted
            WHERE taken <= %(most)s
        ), stored AS ({stored})
        {statements.insert(AuditEvent, "events", given="held, room")}
    """  # noqa: S608  (names of ours)


def _announce_created(actor: Actor, secrets: Sequence[Secret]) -> None:
    for secret in secrets:
        announce(signals.secret_created, Secret, secret=secret, actor=actor)


def _creation_event(actor: Actor, secret: Secret) -> AuditEvent:
    event = build_event(
        "secret.created",
        actor=actor,
        subject=secret.subject,
        owner=secret.owner,
        created_by_agent=secret.created_by_agent,
        default_available=secret.default_available,
        expires_at=secret.expires_at,
        **quarantine_of(secret),
    )
    event.stored_bytes = bytes_of(secret)
    return event


def _renamed(drafts: Sequence[Draft]) -> list[Draft]:
    taken = {owner: _names_in_use(owner) for owner in {draft.owner for draft in drafts}}
    renamed = []
    for draft in drafts:
        name = free_name(draft.name, taken[draft.owner])
        taken[draft.owner].add(name)
        renamed.append(replace(draft, name=name))
    return renamed


def _has_taken_name(drafts: Sequence[Draft]) -> bool:
    keys = {(draft.owner, draft.name) for draft in drafts}
    return len(keys) < len(drafts) or any(
        Secret.objects.owned_by(owner).filter(name=name).exists() for owner, name in keys
    )


def _names_in_use(owner: Owner) -> set[str]:
    return set(Secret.objects.owned_by(owner).order_by().values_list("name", flat=True))


def _sealed_secret(actor: Actor, draft: Draft, held: Set[tuple[Owner, str]], sealer: vault.Sealer) -> Secret:
    now = timezone.now()
    sealed = sealer.seal(draft.value, secret_id=draft.id, version=1)
    return Secret(
        id=draft.id,
        **draft.owner.columns,
        **value_columns(draft.value, sealed),
        name=draft.name,
        description=draft.description,
        default_available=draft.default_available,
        created_by=actor.user,
        expires_at=draft.expires_at,
        set_at=now,
        created_at=now,
        updated_at=now,
        quarantine_reason=_reason_to_hold(actor, draft, held),
        **_provenance(draft),
    )


def _held_names(actor: Actor, drafts: Sequence[Draft]) -> Set[tuple[Owner, str]]:
    """Return the names among those of `drafts` that are held, by owner; none for a person who has signed in.

    Otherwise an agent with a service token could create again, outside of quarantine, what a person deleted instead of
    promoting it.
    """
    if actor.limits is None:
        return frozenset()
    names_of: defaultdict[Owner, set[str]] = defaultdict(set)
    for draft in drafts:
        names_of[draft.owner].add(draft.name)
    return {
        (owner, name)
        for owner, names in names_of.items()
        for name in HeldName.objects.owned_by(owner).filter(name__in=names).values_list("name", flat=True)
    }


def _reason_to_hold(actor: Actor, draft: Draft, held: Set[tuple[Owner, str]]) -> str:
    is_by_agent = draft.made_by is not None or (draft.owner, draft.name) in held
    if is_by_agent and conf.quarantine_agent_secrets:
        return QuarantineReason.AGENT
    return QuarantineReason.RISKY_NAME if is_held_for_its_name(actor, draft.name, draft.owner) else ""


def _provenance(draft: Draft) -> dict[str, Any]:
    if draft.made_by is None:
        return {"created_by_agent": draft.created_by_agent}
    return {"created_by_agent": True, "task_id": draft.made_by.task_id, "grant_id": draft.made_by.id}


def require_room(owner: Owner, adding: int) -> None:
    """Raise TooManySecrets if `adding` more secrets would exceed the owner's limit.

    Far from the limit, a count without a lock is enough. Near it, the owner's data key is locked until commit, so that
    concurrent requests are counted one after another.
    """
    rows = Secret.objects.owned_by(owner)
    if rows.count() + adding + CREATIONS_AT_ONCE <= conf.max_secrets_per_scope:
        return
    list(DataKey.objects.select_for_update().filter(state=DataKey.State.ACTIVE, **owner.columns))
    if rows.count() + adding > conf.max_secrets_per_scope:
        raise TooManySecrets()
