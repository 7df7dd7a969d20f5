"""Who may see other people's personal secrets in the admin. For the rest, no page names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from secrets_app.audit.granted_sets import expand
from secrets_app.audit.readers import shown_to
from secrets_app.models import AuditEvent


def names_personal_secrets(operator: Any) -> bool:
    """Return whether the operator may see the list of secrets, which has the names of all secrets."""
    return any(operator.has_perm(f"secrets_app.{verb}_secret") for verb in ("view", "change"))


def as_shown_to(operator: Any, events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Return the audit events as the operator may see them; see `shown_to`."""
    return expand(events) if names_personal_secrets(operator) else shown_to(operator, events)
