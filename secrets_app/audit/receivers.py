"""What the record hears of: `projects` tells of its own, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from neo_base.access.actors import Actor
from neo_base.access.audit_subjects import Subject, happened
from secrets_app.audit.recording import record
from secrets_app.owners import Owner


@receiver(happened, sender=Subject, dispatch_uid="secrets_app.record")
def record_of_projects(
    *, event: str, actor: Actor, project_id: UUID, subject: Subject, data: Mapping[str, Any], **_: Any
) -> None:
    record(event, actor=actor, subject=subject, owner=Owner(project_id=project_id), **data)
