"""Who used a secret, and when: what the API lists as its uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from neo_base.rest.languages import Text
from secrets_app.audit.readers import exposures_of
from secrets_app.models import AuditEvent, Secret

PER_PAGE = 20

MEANS: Mapping[str, Text] = {
    "session": _("session"),
    "cookie": _("this site"),
    "service_token": _("service token"),
    "task_grant": _("task"),
    "identity_provider": _("identity provider"),
    "command": _("command on the server"),
}
"""The kinds of credentials in words."""


@dataclass(frozen=True)
class Use:
    """One time that the value was given out."""

    at: datetime
    who: str
    by: Text
    version: int


@dataclass(frozen=True)
class Uses:
    """The latest uses before a moment, and the id with which the next page begins; empty on the last page."""

    rows: list[Use]
    next: str


def uses_of(secret: Secret, before: str) -> Uses:
    """Return a page of uses, newest first. `before` is the `next` of the page before; anything else is the first."""
    found, events = exposures_of(secret.pk, limit=PER_PAGE, before=_id_or_none(before))
    rows = [_use(secret, event) for event in events]
    return Uses(rows, str(found[PER_PAGE - 1]) if len(found) > PER_PAGE else "")


def _use(secret: Secret, event: AuditEvent) -> Use:
    version = next(int(each["version"]) for each in event.data["secrets"] if each["id"] == str(secret.pk))
    return Use(event.at, event.actor_label, MEANS.get(event.credential_kind, event.credential_kind), version)


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
