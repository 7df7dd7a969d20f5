"""A copy of a secret for another owner: its current value, sealed anew, and shown to nobody on the way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from secrets_app import vault
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.audit.recording import record
from secrets_app.errors import CopyOfQuarantined, NoSuchSecret
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require


@atomic
def copy_secret(*, actor: Actor, secret_id: UUID, owner: Owner, name: str | None = None) -> Secret:
    """Create a secret of `owner` with the current value of another one; return it.

    Name (unless another is given), description and expiry are those of the original; former versions stay behind, and
    no task gets the copy until it selects it or somebody makes it available by default. A copy is a use of the value:
    it takes the permission to give it to tasks, besides that to create secrets there.

    Raises NoSuchSecret, CopyOfQuarantined, Unreadable, what `create_secret` raises, and what `require` raises at either
    owner.
    """
    original = Secret.objects.filter(pk=secret_id).first()
    if original is None:
        raise NoSuchSecret()
    require(actor, Permission.RUNTIME_USE, original.owner)
    if original.is_quarantined:
        # Else it would come out of quarantine by the way.
        raise CopyOfQuarantined()
    draft = Draft(
        owner=owner,
        name=name or original.name,
        value=vault.open_value(original),
        created_by_agent=original.created_by_agent,
        description=original.description,
        expires_at=original.expires_at,
    )
    copy = create_secret(actor=actor, draft=draft)
    _record(actor, original, copy)
    return copy


def _record(actor: Actor, original: Secret, copy: Secret) -> None:
    """Write an event for each of the two owners, so that each reads in its own log where a value went or came from."""
    went: dict[str, Any] = {} if copy.project_id is None else {"to_project": copy.project_id}
    came: dict[str, Any] = {} if original.project_id is None else {"from_project": original.project_id}
    version = original.version
    record("secret.copied", actor=actor, subject=original.subject, owner=original.owner, version=version, **went)
    record("secret.received", actor=actor, subject=copy.subject, owner=copy.owner, version=version, **came)
