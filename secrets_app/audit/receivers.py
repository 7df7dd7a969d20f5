"""Receivers of what other apps report to the audit log, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from neo_base.access.actors import Actor
from neo_base.audit.reporting import happened
from neo_base.audit.subjects import Subject
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


@receiver(happened, sender=Subject, dispatch_uid="secrets_app.record")
def record_report(
    *,
    event: str,
    actor: Actor | None,
    subject: Subject,
    project_id: UUID | None,
    user_id: Any,
    data: Mapping[str, Any],
    stored_bytes: int = 0,
    **_: Any,
) -> None:
    """Write what another app reports."""
    has_owner = project_id is not None or user_id is not None
    owner = Owner(user_id=user_id, project_id=project_id) if has_owner else None
    record(event, actor=actor, subject=subject, owner=owner, stored_bytes=stored_bytes, **data)
