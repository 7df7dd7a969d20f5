"""Changes to secrets that are there. Each action requires, changes, records, announces on commit, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.rest.errors import PreconditionFailed
from neo_base.transactions import atomic
from secrets_app import signals, vault
from secrets_app.audit.recording import record
from secrets_app.conf import conf
from secrets_app.errors import NoSuchSecret
from secrets_app.models import HeldName, Secret, SecretVersion
from secrets_app.models.secret import QuarantineReason, SealedValue
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, is_held_for_its_name, promotion_of, require, require_a_person

RECORDED_SETTINGS = ("default_available", "expires_at", "is_exempt_from_redaction")
"""The columns whose new setting the audit event holds. Of a description it only says that it was set."""


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
    _record("secret.restored", actor, secret, **data, stored_bytes=bytes_of(secret))
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
        _record("secret.updated", actor, secret, **data, stored_bytes=bytes_of(secret))
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
    return {"version": version, "set_at": timezone.now(), **value_columns(value, sealed)}


def bytes_of(secret: Secret) -> int:
    """Return what the secret takes beside a row of a usual size."""
    return len(secret.value.blob) + len(secret.description.encode())


def value_columns(value: Plaintext, sealed: vault.SealedPair) -> dict[str, Any]:
    """Return the columns of a value that was just set."""
    return {
        "data_key_id": sealed.data_key_id,
        "value": sealed.value,
        "mask": sealed.mask,
        "is_maskable": value.is_maskable,
        "damaged_at": None,
    }
