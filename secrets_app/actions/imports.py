"""Import of many secrets at once, as one act: each gets its outcome, or nothing happens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from uuid import UUID

from neo_base.access.actors import Actor
from neo_base.transactions import atomic
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.secrets import replace_values
from secrets_app.errors import NameTaken, NoSuchSecret
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require

# Other requests may take or free a name between our look at the names and the change.
ATTEMPTS = 3


class OnConflict(StrEnum):
    """What happens to a secret whose name is taken; a new one whose name is free is always created."""

    REFUSE = "refuse"
    RENAME = "rename"
    SKIP = "skip"
    REPLACE = "replace"


class Outcome(StrEnum):
    CREATED = "created"
    REPLACED = "replaced"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Imported:
    """One secret after an import: the new one, or the one that had the name."""

    id: UUID
    name: str
    outcome: Outcome


def import_secrets(
    *, actor: Actor, owner: Owner, drafts: Sequence[Draft], on_conflict: OnConflict = OnConflict.REFUSE
) -> list[Imported]:
    """Store all of `drafts`, secrets of `owner`, or none; return what became of each, in the same order.

    Raises NameTaken if a name is taken and shall not be, or occurs twice; what `create_secrets` raises, and with
    `REPLACE` what `replace_values` raises. The limit of secrets is checked before anything is sealed.
    """
    require(actor, Permission.SECRET_CREATE, owner)
    if on_conflict == OnConflict.RENAME:
        return [_outcome(secret) for secret in create_secrets(actor=actor, drafts=drafts, rename=True)]
    if len({draft.name for draft in drafts}) < len(drafts):
        raise NameTaken()
    for _ in range(ATTEMPTS - 1):
        try:
            return _import(actor, owner, drafts, on_conflict)
        except (NameTaken, NoSuchSecret):
            if on_conflict == OnConflict.REFUSE:
                raise
    return _import(actor, owner, drafts, on_conflict)


@atomic
def _import(actor: Actor, owner: Owner, drafts: Sequence[Draft], on_conflict: OnConflict) -> list[Imported]:
    is_refused = on_conflict == OnConflict.REFUSE
    taken: Mapping[str, UUID] = {} if is_refused else dict(Secret.objects.owned_by(owner).values_list("name", "pk"))
    # All imports go by name, so that two at once wait for each other and cannot each hold what the other needs.
    by_name = sorted(drafts, key=attrgetter("name"))
    created = create_secrets(actor=actor, drafts=[draft for draft in by_name if draft.name not in taken])
    done = {secret.name: _outcome(secret) for secret in created}
    present = {taken[draft.name]: draft for draft in by_name if draft.name in taken}
    if on_conflict == OnConflict.REPLACE:
        replace_values(actor=actor, owner=owner, values={pk: draft.value for pk, draft in present.items()})
    else:
        _hold(present)
    outcome = Outcome.REPLACED if on_conflict == OnConflict.REPLACE else Outcome.SKIPPED
    done |= {draft.name: Imported(pk, draft.name, outcome) for pk, draft in present.items()}
    return [done[draft.name] for draft in drafts]


def _hold(secret_ids: Collection[UUID]) -> None:
    """Lock the secrets that are skipped: they are there until commit, and on the standbys that this commit waits for.

    Without a write of our own, the answer could rest on a commit that a failover loses. Raises NoSuchSecret.
    """
    rows = Secret.objects.select_for_update(no_key=True).filter(pk__in=secret_ids).order_by("name")
    if len(rows.values_list("pk")) < len(secret_ids):
        raise NoSuchSecret()


def _outcome(created: Secret) -> Imported:
    return Imported(created.pk, created.name, Outcome.CREATED)
