"""All changes to secrets. Each action requires, changes, records, and announces on commit, in this order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
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
from neo_base.rest.errors import PreconditionFailed
from neo_base.transactions import atomic, retry_serialization
from secrets_app import signals, statements, vault
from secrets_app.audit.recording import build_event, record, write, write_by
from secrets_app.conf import conf
from secrets_app.errors import NameTaken, NoSuchSecret, TooManySecrets
from secrets_app.models import AuditEvent, DataKey, HeldName, Secret, SecretVersion, TaskGrant
from secrets_app.models.names import free_name
from secrets_app.models.secret import QuarantineReason, SealedValue
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, is_held_for_its_name, promotion_of, require, require_a_person

# An owner with less room than this is counted under a lock, so that concurrent requests cannot exceed the limit.
CREATIONS_AT_ONCE = 200
RENAME_ATTEMPTS = 5
RECORDED_SETTINGS = ("default_available", "expires_at", "is_exempt_from_redaction")
"""The columns whose new setting the audit event holds. Of a description it only says that it was set."""


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


@atomic
def update_secret(
    *,
    actor: Actor,
    secret_id: UUID,
    changes: Mapping[str, Any] | None = None,
    value: Plaintext | None = None,
    if_match: Sequence[str] | None = None,
) -> Secret:
    """Set the columns in `changes`; a `value` makes a new version.

    Columns are `description`, `default_available`, `expires_at`, and, for people who may promote the secret,
    `is_exempt_from_redaction`. Without changes and without a value, the secret stays as it is, and nothing is recorded.
    Raises NoSuchSecret, InQuarantine, KeyUnavailable, what `require` raises, and PreconditionFailed if the current ETag
    is not in `if_match`.
    """
    secret = _lock(actor, Permission.SECRET_UPDATE, secret_id, if_match)
    if "is_exempt_from_redaction" in (changes or {}):
        require(actor, Permission.SECRET_PROMOTE, secret.owner)
    _update(actor, secret, changes or {}, value)
    return secret


@atomic
def replace_values(*, actor: Actor, owner: Owner, values: Mapping[UUID, Plaintext]) -> None:
    """Give each of these secrets of `owner` a new version, or none. Raises what `update_secret` raises.

    Seals with one look at the data key, where as many calls of `update_secret` would each count their seals in its row.
    """
    sealer = vault.Sealer(owner, values=len(values))
    for secret_id, value in values.items():
        secret = _lock(actor, Permission.SECRET_UPDATE, secret_id, None)
        if secret.owner != owner:
            raise NoSuchSecret()
        _update(actor, secret, {}, value, sealer)


@atomic
def restore_version(*, actor: Actor, secret_id: UUID, version: int, if_match: Sequence[str] | None = None) -> Secret:
    """Set the value of a former version as the current value, in a new version.

    Raises NoSuchSecret if that version is not kept, Unreadable, and what `update_secret` raises.
    """
    secret = _lock(actor, Permission.SECRET_UPDATE, secret_id, if_match)
    row: Secret | SecretVersion | None = secret
    if version != secret.version:
        row = secret.former_versions.filter(version=version).first()
    if row is None:
        raise NoSuchSecret()
    value = vault.open_value(row)
    lost = _lost_exemption(actor, secret, value)
    changed = _apply(actor, secret, lost, value)
    held = quarantine_of(secret)
    data = {"version": secret.version, "from_version": version, **held, **lost}
    _record("secret.restored", actor, secret, **data, stored_bytes=_bytes_of(secret))
    announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=changed)
    return secret


@atomic
def delete_secret(*, actor: Actor, secret_id: UUID, if_match: Sequence[str] | None = None) -> None:
    """Delete a secret and all its versions.

    If it is in an agent's quarantine, its name stays held: see `_held_names`.

    Raises NoSuchSecret, InQuarantine, PreconditionFailed, and what `require` raises.
    """
    secret = _lock(actor, Permission.SECRET_DELETE, secret_id, if_match)
    owner = secret.owner
    _record("secret.deleted", actor, secret, version=secret.version)
    if secret.quarantine_reason == QuarantineReason.AGENT:
        HeldName.objects.get_or_create(name=secret.name, **owner.columns)
    secret.delete()
    announce(signals.secret_deleted, Secret, secret_id=secret_id, owner=owner, actor=actor)


@atomic
def promote_secret(*, actor: Actor, secret_id: UUID, if_match: Sequence[str] | None = None) -> Secret:
    """End the quarantine of a secret, and treat one that a task created as a person's from now on.

    A secret that needs no promotion stays as it is, and nothing is recorded. Raises NoSuchSecret, PreconditionFailed,
    and what `require` raises: RoleTooLow also for a member of the project, if the secret's name is risky.
    """
    secret = _lock(actor, Permission.SECRET_PROMOTE, secret_id, if_match)
    if not secret.is_unpromoted:
        return secret
    require(actor, promotion_of(secret.name, secret.owner), secret.owner)
    secret.quarantine_reason = ""
    secret.promoted_at = secret.updated_at = timezone.now()
    secret.revision += 1
    secret.save(update_fields=["quarantine_reason", "promoted_at", "updated_at", "revision"])
    HeldName.objects.owned_by(secret.owner).filter(name=secret.name).delete()
    _record("secret.promoted", actor, secret)
    announce(signals.secret_promoted, Secret, secret=secret, actor=actor)
    return secret


def _lock(actor: Actor, permission: Permission, secret_id: UUID, if_match: Sequence[str] | None) -> Secret:
    """Return the secret, locked until commit.

    Raises NoSuchSecret, what `require` raises, InQuarantine for a token, and PreconditionFailed if the current ETag is
    not in `if_match`.
    """
    secret = Secret.objects.select_for_update(no_key=True).filter(pk=secret_id).first()
    if secret is None:
        raise NoSuchSecret()
    require(actor, permission, secret.owner)
    if secret.is_quarantined:
        require_a_person(actor, secret.owner)
    if if_match is not None and "*" not in if_match and secret.etag not in if_match:
        raise PreconditionFailed()
    return secret


def _update(
    actor: Actor,
    secret: Secret,
    changes: Mapping[str, Any],
    value: Plaintext | None,
    sealer: vault.Sealer | None = None,
) -> None:
    """Apply, record and announce an update of a locked secret."""
    changes = {**changes, **_lost_exemption(actor, secret, value)}
    changed = _apply(actor, secret, changes, value, sealer)
    if changed:
        shown = {name: setting for name, setting in changes.items() if name in RECORDED_SETTINGS}
        held = quarantine_of(secret)
        data = {"changed": changed, "version": secret.version, **held, **shown}
        _record("secret.updated", actor, secret, **data, stored_bytes=_bytes_of(secret))
        announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=changed)


def _apply(
    actor: Actor,
    secret: Secret,
    changes: Mapping[str, Any],
    value: Plaintext | None,
    sealer: vault.Sealer | None = None,
) -> list[str]:
    """Save `changes` and, if there is a `value`, a new version; return the names of all that was set.

    A risky name may take effect by a new value, or by being made default: then the secret needs a promotion again.
    """
    changed = [*changes, *(["value"] if value is not None else [])]
    if not changed:
        return []
    columns = {**changes, "revision": secret.revision + 1, "updated_at": timezone.now()}
    if value is not None:
        columns |= _new_version(secret, value, sealer or vault.Sealer(secret.owner))
    takes_effect = value is not None or changes.get("default_available", False)
    if takes_effect and not secret.is_quarantined and is_held_for_its_name(actor, secret.name, secret.owner):
        columns |= {"quarantine_reason": QuarantineReason.RISKY_NAME, "promoted_at": None}
    for name, setting in columns.items():
        setattr(secret, name, setting)
    secret.save(update_fields=list(columns))
    return changed


def _lost_exemption(actor: Actor, secret: Secret, value: Plaintext | None) -> dict[str, bool]:
    """Return the column that ends an exemption from redaction, if a token sets a value that no person has looked at."""
    is_lost = value is not None and actor.limits is not None and secret.is_exempt_from_redaction
    return {"is_exempt_from_redaction": False} if is_lost else {}


def _record(event: str, actor: Actor, secret: Secret, **data: Any) -> None:
    record(event, actor=actor, subject=secret.subject, owner=secret.owner, **data)


def quarantine_of(secret: Secret) -> dict[str, Any]:
    """Return what an audit event says of the quarantine: its reason, or nothing for a secret in none."""
    return {"quarantine_reason": secret.quarantine_reason} if secret.is_quarantined else {}


def _new_version(secret: Secret, value: Plaintext, sealer: vault.Sealer) -> dict[str, Any]:
    """Keep the current value as a former version, delete versions beyond `versions_kept`, return the new columns."""
    former = SecretVersion(secret=secret)
    for column in SealedValue._meta.local_fields:
        setattr(former, column.attname, getattr(secret, column.attname))
    former.save(force_insert=True)
    version = secret.version + 1
    secret.former_versions.filter(version__lte=version - conf.versions_kept).delete()
    sealed = sealer.seal(value, secret_id=secret.id, version=version)
    return {"version": version, "set_at": timezone.now(), **_value_columns(value, sealed)}


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
    secrets, owner = statements.table(Secret), "project_id" if of_project else "user_id"
    stored = statements.insert(Secret, "secrets", given="held, room")
    return f"""
        WITH held AS (
            SELECT id FROM {statements.table(DataKey)}
            WHERE id = %(key)s AND state = '{DataKey.State.ACTIVE}' AND seals < %(seals)s FOR KEY SHARE SKIP LOCKED
        ), room AS (
            SELECT FROM (SELECT count(*) AS taken FROM {secrets} WHERE {owner} = %(owner)s) AS counted
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
    event.stored_bytes = _bytes_of(secret)
    return event


def _bytes_of(secret: Secret) -> int:
    """Return what the secret takes beside a row of a usual size."""
    return len(secret.value.blob) + len(secret.description.encode())


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
        **_value_columns(draft.value, sealed),
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


def _value_columns(value: Plaintext, sealed: vault.SealedPair) -> dict[str, Any]:
    return {
        "data_key_id": sealed.data_key_id,
        "value": sealed.value,
        "mask": sealed.mask,
        "is_maskable": value.is_maskable,
        "damaged_at": None,
    }


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
