"""The audit events of backups and restores."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from neo_base.audit.catalogue import Bound, Event
from neo_base.audit.event_fields import flag, moment, number

EVENTS = (
    Event(
        "backup.created",
        "backup",
        _("A backup of the database was made; without a size, by other software."),
        {"size": number},
        bound=Bound.NONE,
    ),
    Event(
        "database.adopted",
        "database",
        _("A restored or moved database was put into service; `revoked`: after its credentials were revoked."),
        {"revoked": flag, "made_at": moment},
        bound=Bound.NONE,
    ),
)
