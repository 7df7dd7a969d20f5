"""Reporting to the audit log, for apps that do not import `secrets_app`.

The signal `happened` is sent with `event` (the name of a registered event), `actor`, `subject`, `project_id` and
`user_id` (whose matter it is: at most one of the two is set), `data` (a mapping whose keys the event declares), and
`stored_bytes` (what was stored beside the event and one row). The sender is the class `Subject`. Unlike an
announcement, it is sent inside the transaction, and a receiver that fails undoes the action. `secrets_app` receives it;
without that app nothing is written.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import Signal

from neo_base.access.actors import Actor
from neo_base.audit.catalogue import catalogue
from neo_base.audit.subjects import Subject

happened = Signal()


def record(
    event: str,
    *,
    actor: Actor | None,
    subject: Subject,
    project_id: UUID | None = None,
    user_id: Any = None,
    stored_bytes: int = 0,
    **data: Any,
) -> None:
    """Write an audit event. Call it inside the transaction of what happened.

    `actor` is who did it, None for somebody unknown. A project's admins read the events with its `project_id`, a user
    those with their `user_id`, operators all. `stored_bytes` is what was stored beside the event and one row, for the
    bound on what a user stores in a day, which may refuse it. Raise UnknownEvent and UndeclaredData for what is not
    registered, ValueError for both a project and a user, and AuditUnavailable (503) where the audit log cannot be
    written: then the transaction must not commit. Costs one INSERT.
    """
    if project_id is not None and user_id is not None:
        raise ValueError("An audit event belongs to a project or to a user. Give one of them.")
    catalogue.named(event)
    matter = {"project_id": project_id, "user_id": user_id}
    about = {"subject": subject, "data": data, "stored_bytes": stored_bytes}
    happened.send(sender=Subject, event=event, actor=actor, **about, **matter)
