"""Everything that changes secrets: require, change, record, announce on commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.rest.errors import PreconditionFailed
from secrets_app import signals, vault
from secrets_app.audit.recording import build_event, record, write
from secrets_app.conf import conf
from secrets_app.errors import NameTaken, NoSuchSecret, TooManySecrets
from secrets_app.models import AuditEvent, DataKey, Secret, SecretVersion, TaskGrant
from secrets_app.models.names import free_name
from secrets_app.models.secret import SealedValue
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, require

# Creations that may be under way at once for one owner before its limit is counted under a lock.
CREATIONS_AT_ONCE = 200
RENAME_ATTEMPTS = 5
RECORDED_SETTINGS = ("default_available", "expires_at")
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
    """The grant of the task that makes it; None for people and their service tokens."""
    id: UUID = field(default_factory=uuid4)
    """Made before the row, because the ciphertext is bound to it."""


def create_secret(*, actor: Actor, draft: Draft) -> Secret:
    """Raises NameTaken, TooManySecrets, KeyUnavailable, and what `require` raises."""
    return create_secrets(actor=actor, drafts=[draft])[0]


def create_secrets(*, actor: Actor, drafts: Sequence[Draft], rename: bool = False) -> list[Secret]:
    """Create all of `drafts` or none, in their order.

    A name that its owner already has, or that comes earlier in `drafts`, raises NameTaken; with `rename` it gets the
    suffix `_2`, `_3`, … instead. Also raises TooManySecrets, KeyUnavailable, and what `require` raises.
    """
    for _ in range(RENAME_ATTEMPTS if rename else 1):
        try:
            with transaction.atomic():
                return _create(actor, _renamed(drafts) if rename else drafts)
        except IntegrityError:
            if not _any_taken(drafts):
                raise
            # Taken, perhaps by another request a moment ago: the constraint decides, not a look before the insert.
    raise NameTaken()


@transaction.atomic
def update_secret(
    *,
    actor: Actor,
    secret_id: UUID,
    changes: Mapping[str, Any] | None = None,
    value: Plaintext | None = None,
    if_match: Sequence[str] | None = None,
) -> Secret:
    """Set `description`, `default_available` or `expires_at`, whichever `changes` holds; a `value` makes a new version.

    Raises NoSuchSecret, PreconditionFailed when the ETag is none of `if_match`, KeyUnavailable, and what `require`
    raises. Nothing to set changes nothing.
    """
    secret = _lock(actor, Permission.SECRET_UPDATE, secret_id, if_match)
    changed = _set(secret, changes or {}, value)
    if changed:
        shown = {name: setting for name, setting in (changes or {}).items() if name in RECORDED_SETTINGS}
        _record("secret.updated", actor, secret, changed=changed, version=secret.version, **shown)
        announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=changed)
    return secret


@transaction.atomic
def restore_version(*, actor: Actor, secret_id: UUID, version: int, if_match: Sequence[str] | None = None) -> Secret:
    """Make a former value the current one again, as a new version.

    Raises NoSuchSecret for a version that is not kept, Unreadable, and what `update_secret` raises.
    """
    secret = _lock(actor, Permission.SECRET_UPDATE, secret_id, if_match)
    row: Secret | SecretVersion | None = secret
    if version != secret.version:
        row = secret.former_versions.filter(version=version).first()
    if row is None:
        raise NoSuchSecret()
    changed = _set(secret, {}, vault.open_value(row))
    _record("secret.restored", actor, secret, version=secret.version, from_version=version)
    announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=changed)
    return secret


@transaction.atomic
def delete_secret(*, actor: Actor, secret_id: UUID, if_match: Sequence[str] | None = None) -> None:
    """Delete a secret and its versions at once. Raises NoSuchSecret, PreconditionFailed, and what `require` raises."""
    secret = _lock(actor, Permission.SECRET_DELETE, secret_id, if_match)
    owner = secret.owner
    _record("secret.deleted", actor, secret, version=secret.version)
    secret.delete()
    announce(signals.secret_deleted, Secret, secret_id=secret_id, owner=owner, actor=actor)


@transaction.atomic
def promote_secret(*, actor: Actor, secret_id: UUID, if_match: Sequence[str] | None = None) -> Secret:
    """Take a secret that a task has made among those that people have made; one of theirs already stays as it is.

    Raises NoSuchSecret, PreconditionFailed, and what `require` raises.
    """
    secret = _lock(actor, Permission.SECRET_PROMOTE, secret_id, if_match)
    if secret.grant_id is None or secret.promoted_at is not None:
        return secret
    secret.is_quarantined = False
    secret.promoted_at = secret.updated_at = timezone.now()
    secret.revision += 1
    secret.save(update_fields=["is_quarantined", "promoted_at", "updated_at", "revision"])
    _record("secret.promoted", actor, secret)
    announce(signals.secret_promoted, Secret, secret=secret, actor=actor)
    return secret


def _lock(actor: Actor, permission: Permission, secret_id: UUID, if_match: Sequence[str] | None) -> Secret:
    """The secret, locked until commit, once the actor may do this to it and it is in the state he has seen."""
    secret = Secret.objects.select_for_update(no_key=True).filter(pk=secret_id).first()
    if secret is None:
        raise NoSuchSecret()
    require(actor, permission, secret.owner)
    if if_match is not None and "*" not in if_match and secret.etag not in if_match:
        raise PreconditionFailed()
    return secret


def _set(secret: Secret, changes: Mapping[str, Any], value: Plaintext | None) -> list[str]:
    """Set the columns of `changes`, and with a `value` make a new version; the names of what was set."""
    changed = [*changes, *(["value"] if value is not None else [])]
    if not changed:
        return []
    columns = {**changes, "revision": secret.revision + 1, "updated_at": timezone.now()}
    if value is not None:
        columns |= _new_version(secret, value)
    for name, setting in columns.items():
        setattr(secret, name, setting)
    secret.save(update_fields=list(columns))
    return changed


def _record(event: str, actor: Actor, secret: Secret, **data: Any) -> None:
    record(event, actor=actor, subject=secret.subject, owner=secret.owner, **data)


def _new_version(secret: Secret, value: Plaintext) -> dict[str, Any]:
    """Keep the current value as a former version, drop what is too old, and return the columns of the new one."""
    former = SecretVersion(secret=secret)
    for column in SealedValue._meta.local_fields:
        setattr(former, column.attname, getattr(secret, column.attname))
    former.save(force_insert=True)
    version = secret.version + 1
    secret.former_versions.filter(version__lte=version - conf.versions_kept).delete()
    sealed = vault.seal(value, owner=secret.owner, secret_id=secret.id, version=version)
    return {"version": version, "set_at": timezone.now(), **_columns(value, sealed)}


def _create(actor: Actor, drafts: Sequence[Draft]) -> list[Secret]:
    for owner, is_by_task in {(draft.owner, draft.made_by is not None) for draft in drafts}:
        require(actor, Permission.TASK_CREATE if is_by_task else Permission.SECRET_CREATE, owner)
    for owner, adding in Counter(draft.owner for draft in drafts).items():
        _require_room(owner, adding)
    secrets = Secret.objects.bulk_create([_sealed_secret(actor, draft) for draft in drafts])
    write([_creation_event(actor, secret) for secret in secrets])
    for secret in secrets:
        announce(signals.secret_created, Secret, secret=secret, actor=actor)
    return secrets


def _creation_event(actor: Actor, secret: Secret) -> AuditEvent:
    return build_event(
        "secret.created",
        actor=actor,
        subject=secret.subject,
        owner=secret.owner,
        created_by_agent=secret.created_by_agent,
        default_available=secret.default_available,
        expires_at=secret.expires_at,
    )


def _renamed(drafts: Sequence[Draft]) -> list[Draft]:
    taken = {owner: _names_of(owner) for owner in {draft.owner for draft in drafts}}
    renamed = []
    for draft in drafts:
        name = free_name(draft.name, taken[draft.owner])
        taken[draft.owner].add(name)
        renamed.append(replace(draft, name=name))
    return renamed


def _any_taken(drafts: Sequence[Draft]) -> bool:
    keys = {(draft.owner, draft.name) for draft in drafts}
    return len(keys) < len(drafts) or any(
        Secret.objects.owned_by(owner).filter(name=name).exists() for owner, name in keys
    )


def _names_of(owner: Owner) -> set[str]:
    return set(Secret.objects.owned_by(owner).order_by().values_list("name", flat=True))


def _sealed_secret(actor: Actor, draft: Draft) -> Secret:
    now = timezone.now()
    sealed = vault.seal(draft.value, owner=draft.owner, secret_id=draft.id, version=1)
    return Secret(
        id=draft.id,
        **draft.owner.columns,
        **_columns(draft.value, sealed),
        name=draft.name,
        description=draft.description,
        default_available=draft.default_available,
        created_by=actor.user,
        expires_at=draft.expires_at,
        set_at=now,
        created_at=now,
        updated_at=now,
        **_provenance(draft),
    )


def _provenance(draft: Draft) -> dict[str, Any]:
    if draft.made_by is None:
        return {"created_by_agent": draft.created_by_agent}
    return {
        "created_by_agent": True,
        "task_id": draft.made_by.task_id,
        "grant_id": draft.made_by.id,
        "is_quarantined": conf.quarantine_agent_secrets,
    }


def _columns(value: Plaintext, sealed: vault.SealedPair) -> dict[str, Any]:
    return {
        "data_key_id": sealed.data_key_id,
        "value": sealed.value,
        "mask": sealed.mask,
        "is_maskable": value.is_maskable,
    }


def _require_room(owner: Owner, adding: int) -> None:
    """Raise TooManySecrets when the owner may not have `adding` more.

    Far from the limit a plain count is enough; near it the owner's writers queue on its data key, so that the limit
    holds under any number of them.
    """
    rows = Secret.objects.owned_by(owner)
    if rows.count() + adding + CREATIONS_AT_ONCE <= conf.max_secrets_per_scope:
        return
    list(DataKey.objects.select_for_update().filter(state=DataKey.State.ACTIVE, **owner.columns))
    if rows.count() + adding > conf.max_secrets_per_scope:
        raise TooManySecrets()
