"""A secret's name and owner: renaming it, and moving it to another owner, for whom all versions are sealed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.access.announcing import announce
from neo_base.transactions import atomic
from secrets_app import signals, vault
from secrets_app.actions.creation import require_room
from secrets_app.actions.secrets import quarantine_of, update_secret
from secrets_app.audit.recording import record
from secrets_app.conf import conf
from secrets_app.errors import NameTaken
from secrets_app.models import HeldName, Secret, SecretVersion
from secrets_app.models.secret import QuarantineReason
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, is_held_for_its_name, promotion_of, require, require_to_take_away


@atomic
def edit_secret(
    *,
    actor: Actor,
    secret_id: UUID,
    name: str | None = None,
    owner: Owner | None = None,
    changes: Mapping[str, Any] | None = None,
    value: Plaintext | None = None,
    if_match: Sequence[str] | None = None,
) -> Secret:
    """Do what `update_secret` does; then give the secret another `name`, another `owner`, or both. All or nothing.

    Grants keep the name and the owner that they were created with, so the secret is gone for them. Raises NameTaken and
    TooManySecrets by the rules of the new owner, Unreadable if a kept version does not open, what `update_secret`
    raises, and what `require` raises at either owner: to move takes the permission to delete here and to create there.
    """
    secret = update_secret(actor=actor, secret_id=secret_id, changes=changes, value=value, if_match=if_match)
    name, owner = name or secret.name, owner or secret.owner
    if owner != secret.owner:
        _move(actor, secret, name, owner)
    elif name != secret.name:
        _rename(actor, secret, name)
    return secret


def _rename(actor: Actor, secret: Secret, name: str) -> None:
    former_name, owner = secret.name, secret.owner
    _place(actor, secret, name, owner, {"name": name})
    record(
        "secret.updated",
        actor=actor,
        subject=secret.subject,
        owner=owner,
        changed=["name"],
        version=secret.version,
        former_name=former_name,
        **quarantine_of(secret),
    )
    announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=["name"])


def _move(actor: Actor, secret: Secret, name: str, owner: Owner) -> None:
    former_owner, former_subject = secret.owner, secret.subject
    require_to_take_away(actor, former_owner)
    require(actor, Permission.SECRET_CREATE, owner)
    require_room(owner, 1)
    sealed = _reseal(secret, owner)
    _place(actor, secret, name, owner, {"name": name, **owner.columns, **sealed})
    went: dict[str, Any] = {} if owner.project_id is None else {"to_project": owner.project_id}
    came: dict[str, Any] = {} if former_owner.project_id is None else {"from_project": former_owner.project_id}
    record("secret.departed", actor=actor, subject=former_subject, owner=former_owner, version=secret.version, **went)
    record(
        "secret.arrived",
        actor=actor,
        subject=secret.subject,
        owner=owner,
        version=secret.version,
        default_available=secret.default_available,
        **came,
        **quarantine_of(secret),
    )
    changed = ["project_id", *(["name"] if secret.name != former_subject.label else [])]
    announce(signals.secret_updated, Secret, secret=secret, actor=actor, changed=changed)


def _reseal(secret: Secret, owner: Owner) -> dict[str, Any]:
    """Seal all versions for `owner`: store the former ones, and return the columns of the current one."""
    former = list(secret.former_versions.select_for_update(no_key=True))
    sealer = vault.Sealer(owner, values=1 + len(former))
    for row in former:
        for column, sealed in _columns_of(sealer.reseal(row)).items():
            setattr(row, column, sealed)
    SecretVersion.objects.bulk_update(former, ["data_key", "value", "mask"])
    return _columns_of(sealer.reseal(secret))


def _columns_of(sealed: vault.SealedPair) -> dict[str, Any]:
    return {"data_key_id": sealed.data_key_id, "value": sealed.value, "mask": sealed.mask}


def _place(actor: Actor, secret: Secret, name: str, owner: Owner, columns: Mapping[str, Any]) -> None:
    """Save the `columns` that put the secret under `name` and `owner`. Raises NameTaken."""
    if secret.quarantine_reason == QuarantineReason.AGENT:
        # As if a person had deleted it there: no token shall make it again outside of quarantine.
        HeldName.objects.get_or_create(name=secret.name, **secret.owner.columns)
    reason = _reason_to_hold(actor, secret, name, owner)
    held = {"quarantine_reason": reason} if reason != secret.quarantine_reason else {}
    columns = {**columns, **held, "revision": secret.revision + 1, "updated_at": timezone.now()}
    for column, setting in columns.items():
        setattr(secret, column, setting)
    try:
        with transaction.atomic():
            secret.save(update_fields=list(columns))
    except IntegrityError:
        # As for new secrets, the constraint decides: another request may take the name at any moment.
        if not Secret.objects.owned_by(owner).filter(name=name).exclude(pk=secret.pk).exists():
            raise
        raise NameTaken() from None


def _reason_to_hold(actor: Actor, secret: Secret, name: str, owner: Owner) -> str:
    """Return the quarantine of the secret under its new name and owner.

    An agent's quarantine stays until somebody promotes the secret. That of a risky name stays while the new name is
    risky there, and ends with it otherwise; a new risky name begins one, as it does for a new secret.
    """
    present = QuarantineReason(secret.quarantine_reason) if secret.is_quarantined else None
    if present is QuarantineReason.AGENT or _is_kept_from_tokens(actor, name, owner):
        return QuarantineReason.AGENT
    is_risky = promotion_of(name, owner) is Permission.SECRET_PROMOTE_RISKY
    if is_risky and (present is QuarantineReason.RISKY_NAME or is_held_for_its_name(actor, name, owner)):
        return QuarantineReason.RISKY_NAME
    return ""


def _is_kept_from_tokens(actor: Actor, name: str, owner: Owner) -> bool:
    """Return whether a token takes a name that a person freed by deleting a secret instead of promoting it."""
    is_token = actor.limits is not None and conf.quarantine_agent_secrets
    return is_token and HeldName.objects.owned_by(owner).filter(name=name).exists()
