"""What a task would see, in words: each secret that it could get, whether it does, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
from secrets_app.models import TaskGrant
from secrets_app.models.task_grant import Omission, OwnerKind, Reason

GIVEN: Mapping[str, Text] = {
    Reason.DEFAULT.value: _("It is always on."),
    Reason.SELECTED.value: _("The task selects it."),
    Reason.REMEMBERED.value: _("The thread selected it before."),
}
OMITTED: Mapping[str, Text] = {
    Omission.SHADOWED.value: _(
        "Another secret of the same name takes precedence. To get a personal one instead of the project's, select "
        "personal:NAME."
    ),
    Omission.EXPIRED.value: _("It has expired. Set a later expiry, or a new one."),
    Omission.QUARANTINED.value: _("An agent made it, and nobody has promoted it yet."),
    Omission.RISKY_NAME.value: _("Its name changes how programs run. A task gets it only by selecting it."),
}
OWNERS: Mapping[str, Text] = {OwnerKind.PERSONAL.value: _("Yours"), OwnerKind.PROJECT.value: _("The project's")}


@dataclass(frozen=True)
class Decision:
    """One secret, whether the task gets it, and why."""

    name: str
    owner: Text
    secret_id: Any
    is_given: bool
    why: Text
    is_maskable: bool = True


def decisions_of(grant: TaskGrant) -> list[Decision]:
    """Return what becomes of each secret, sorted by name, those given first among equals."""
    return sorted(_decisions(grant), key=lambda each: (each.name, not each.is_given))


def _decisions(grant: TaskGrant) -> Iterator[Decision]:
    for each in grant.granted_secrets:
        why = GIVEN.get(each.reason, each.reason)
        yield Decision(each.name, OWNERS[each.owner_kind], each.secret_id, True, why, each.is_maskable)
    for left in grant.omitted_secrets:
        why = OMITTED.get(left["reason"], left["reason"])
        yield Decision(left["name"], OWNERS[left["owner"]], left["secret_id"], False, why)
