"""Counts of refused attempts, so that repeated ones make few audit events.

The first attempt of its kind makes an event at once. Those that follow within a minute are counted here, in the memory
of the process, and make one event together when the minute is over. The memory is bounded, and with it the number of
events that anybody can cause: beyond MAX_PER_SENDER kinds from one actor and network, further attempts count as theirs
without details, and beyond MAX_PER_EVENT kinds of one event, as that event alone. Every attempt is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from neo_base.access.client_addresses import network_of
from neo_base.audit.catalogue import catalogue
from neo_base.audit.subjects import Subject
from secrets_app.audit.recording import ANONYMOUS, build_event_by
from secrets_app.models import AuditEvent
from secrets_app.owners import Owner

WINDOW = timedelta(seconds=60)
MAX_PER_SENDER = 10
MAX_PER_EVENT = 100

Key = tuple[Any, ...]


@dataclass(frozen=True)
class RefusedAttempt:
    """One refused attempt, or what several have in common."""

    event: str
    by: Mapping[str, str]
    """The columns that say who it was, as `recording.actor_columns` makes them."""
    subject_id: str = ""
    subject_label: str = ""
    owner: Owner | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    distinct: str = ""
    """What else tells it from other attempts. It is never stored."""

    @property
    def sender(self) -> tuple[str, str, str]:
        return self.event, self.by.get("actor_id", ""), network_of(self.by.get("address", ""))

    @property
    def key(self) -> Key:
        details = self.by.get("credential_id", ""), self.subject_id, self.owner, self.distinct
        return *self.sender, *details, *sorted(self.data.items())

    def about(self, subject: Subject, owner: Owner) -> RefusedAttempt:
        """Return the attempt with what it was made on, and whose matter that is. The event says of which kind it is."""
        return replace(self, subject_id=subject.id, subject_label=subject.label, owner=owner)

    def without_details(self) -> RefusedAttempt:
        """Return what the attempts of one actor and network have in common."""
        kept = ("actor_kind", "actor_id", "actor_label", "address")
        return RefusedAttempt(self.event, {name: text for name, text in self.by.items() if name in kept})

    def audit_event(self, **counted: Any) -> AuditEvent:
        """Return the audit event, not yet written."""
        subject = Subject(catalogue.named(self.event).subject, self.subject_id, self.subject_label)
        return build_event_by(self.by, self.event, subject, self.owner, {**self.data, **counted})


@dataclass
class AttemptCount:
    """How often an attempt was made since its last audit event, and when that was written."""

    attempt: RefusedAttempt
    first_at: datetime
    last_at: datetime
    times: int = 1
    written_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.written_at is None or now >= self.written_at + WINDOW

    def audit_event(self) -> AuditEvent:
        """Return the audit event for all of these attempts, not yet written."""
        return self.attempt.audit_event(times=self.times, first_at=self.first_at, last_at=self.last_at)


class AttemptCounts:
    """The counts of a process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[Key, AttemptCount] = {}

    def add(self, attempt: RefusedAttempt, at: datetime) -> None:
        self._add(AttemptCount(attempt, at, at), at)

    def take_due(self, now: datetime, *, everything: bool = False) -> list[AttemptCount]:
        """Return the counts that should be written now, or everything, and count them as written."""
        with self._lock:
            self._drop_ended(now)
            due = [each for each in self._counts.values() if each.times and (everything or each.is_over(now))]
            taken = [replace(each) for each in due]
            for each in due:
                each.times, each.written_at = 0, now
            return taken

    def put_back(self, counts: list[AttemptCount], now: datetime) -> None:
        """Count again what `take_due` returned and could not be written."""
        for each in counts:
            self._add(each, now)

    def is_due(self, now: datetime) -> bool:
        with self._lock:
            return any(each.times and each.is_over(now) for each in self._counts.values())

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def __len__(self) -> int:
        return len(self._counts)

    def _add(self, more: AttemptCount, now: datetime) -> None:
        with self._lock:
            attempt = self._form(more.attempt, now)
            count = self._counts.setdefault(attempt.key, AttemptCount(attempt, more.first_at, more.last_at, times=0))
            if not count.times:
                count.attempt, count.first_at = attempt, more.first_at
            count.first_at = min(count.first_at, more.first_at)
            count.last_at = max(count.last_at, more.last_at)
            count.times += more.times

    def _form(self, attempt: RefusedAttempt, now: datetime) -> RefusedAttempt:
        """Return the attempt to count: this one while there is room, else one with less detail."""
        if attempt.key in self._counts:
            return attempt
        self._drop_ended(now)
        less, least = attempt.without_details(), RefusedAttempt(attempt.event, {"actor_kind": ANONYMOUS})
        others = [key for key in self._counts if key[0] == attempt.event and key != least.key]
        if len(others) >= MAX_PER_EVENT:
            return less if less.key in self._counts else least
        is_one_of_many = sum(key[:3] == attempt.sender for key in others) >= MAX_PER_SENDER
        return less if is_one_of_many else attempt

    def _drop_ended(self, now: datetime) -> None:
        self._counts = {key: count for key, count in self._counts.items() if count.times or not count.is_over(now)}
