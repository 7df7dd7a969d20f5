"""Setting a secret by its name: it is created, or gets a new version where the owner has it already."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from typing import Any

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.actions.secrets import update_secret
from secrets_app.errors import NameTaken, NoSuchSecret
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.policies import Permission, require

# Another request may create or delete the secret in between: then the other way is right.
ATTEMPTS = 3


def set_secret(
    *, actor: Actor, owner: Owner, name: str, value: Plaintext, changes: Mapping[str, Any]
) -> tuple[Secret, bool]:
    """Create the secret, or give the one of this name a new version; return it, and whether it was created.

    `changes` are columns as `update_secret` takes them. What they leave out is as for a new secret, or stays. Both the
    permission to create secrets and, for one that is there, that to update it are needed. Raises what `create_secret`
    and `update_secret` raise.
    """
    require(actor, Permission.SECRET_CREATE, owner)
    for _ in range(ATTEMPTS):
        present = Secret.objects.owned_by(owner).filter(name=name).values_list("pk", flat=True).first()
        with suppress(NameTaken, NoSuchSecret):
            if present is None:
                return _create(actor, owner, name, value, changes), True
            return update_secret(actor=actor, secret_id=present, changes=changes, value=value), False
    raise NameTaken()


@atomic
def _create(actor: Actor, owner: Owner, name: str, value: Plaintext, changes: Mapping[str, Any]) -> Secret:
    """Create the secret. What a new one cannot have by itself, it gets by an update in the same transaction."""
    drafted = {each.name for each in fields(Draft)}
    at_once = {column: setting for column, setting in changes.items() if column in drafted}
    secret = create_secret(actor=actor, draft=Draft(owner, name, value, **at_once))
    later = {column: setting for column, setting in changes.items() if column not in drafted and setting}
    return update_secret(actor=actor, secret_id=secret.pk, changes=later) if later else secret
