"""What an app reports to the audit log, in the transaction in which it happens.

Unlike an announcement, which comes after commit: a receiver that fails here undoes the action. The signal `happened`
is sent with `event` (a name such as "member.added"), `actor`, `project_id`, `subject`, and `data` (a mapping, whose
keys the event declares). The sender is the class `Subject`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.dispatch import Signal

from neo_base.access.actors import Actor

happened = Signal()


@dataclass(frozen=True)
class Subject:
    """What an event is about: an id that finds it, and a label that says what it was once it is gone."""

    kind: str
    id: str
    label: str = ""


def record(event: str, *, actor: Actor, project_id: UUID, subject: Subject, **data: Any) -> None:
    """Report an event of a project to the audit log. Call it inside the action's transaction.

    Raises what a receiver raises.
    """
    happened.send(sender=Subject, event=event, actor=actor, project_id=project_id, subject=subject, data=data)
