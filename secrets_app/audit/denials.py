"""Refused attempts, counted, so that repeated ones make few rows.

The first of its kind makes a row at once. Those that follow within a minute are counted here, in the memory of the
process, and make one row together when the minute is over. What the process remembers is bounded, and with it the rows
that anybody can cause: beyond MAX_PER_SENDER kinds from one actor and network, the others count as his alone, and
beyond MAX_PER_EVENT kinds of one event, as that event alone. None goes uncounted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from neo_base.access.audit_subjects import Subject
from neo_base.access.client_addresses import network_of
from secrets_app.audit.events import event_named
from secrets_app.audit.recording import ANONYMOUS, entry_by
from secrets_app.models import AuditEntry
from secrets_app.owners import Owner

WINDOW = timedelta(seconds=60)
MAX_PER_SENDER = 10
MAX_PER_EVENT = 100

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Denial:
    """One refused attempt, or what several have in common."""

    event: str
    by: Mapping[str, str]
    """The columns that say who it was, as `recording.who` makes them."""
    subject_id: str = ""
    subject_label: str = ""
    owner: Owner | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    distinct: str = ""
    """What else tells it from others. Is in no row."""

    @property
    def sender(self) -> tuple[str, str, str]:
        return self.event, self.by.get("actor_id", ""), network_of(self.by.get("address", ""))

    @property
    def key(self) -> Key:
        details = self.by.get("credential_id", ""), self.subject_id, self.owner, self.distinct
        return *self.sender, *details, *sorted(self.data.items())

    def about(self, subject_id: str, subject_label: str, owner: Owner) -> Denial:
        return replace(self, subject_id=subject_id, subject_label=subject_label, owner=owner)

    def without_details(self) -> Denial:
        """As one of those that came from the same actor and network."""
        kept = ("actor_kind", "actor_id", "actor_label", "address")
        return Denial(self.event, {name: text for name, text in self.by.items() if name in kept})

    def row(self, **counted: Any) -> AuditEntry:
        subject = Subject(event_named(self.event).subject, self.subject_id, self.subject_label)
        return entry_by(self.by, self.event, subject, self.owner, {**self.data, **counted})


@dataclass
class Count:
    """How often since the last row, and when that was."""

    denial: Denial
    first_at: datetime
    last_at: datetime
    times: int = 1
    written_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.written_at is None or now >= self.written_at + WINDOW

    def row(self) -> AuditEntry:
        return self.denial.row(times=self.times, first_at=self.first_at, last_at=self.last_at)


class Counts:
    """For all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[Key, Count] = {}

    def add(self, denial: Denial, at: datetime) -> None:
        self._add(Count(denial, at, at), at)

    def take_due(self, now: datetime, *, everything: bool = False) -> list[Count]:
        """What should be written now; from here on it counts as written."""
        with self._lock:
            self._drop_ended(now)
            due = [each for each in self._counts.values() if each.times and (everything or each.is_over(now))]
            taken = [replace(each) for each in due]
            for each in due:
                each.times, each.written_at = 0, now
            return taken

    def put_back(self, counts: list[Count], now: datetime) -> None:
        """They could not be written."""
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

    def _add(self, more: Count, now: datetime) -> None:
        with self._lock:
            denial = self._form(more.denial, now)
            count = self._counts.setdefault(denial.key, Count(denial, more.first_at, more.last_at, times=0))
            if not count.times:
                count.denial, count.first_at = denial, more.first_at
            count.first_at = min(count.first_at, more.first_at)
            count.last_at = max(count.last_at, more.last_at)
            count.times += more.times

    def _form(self, denial: Denial, now: datetime) -> Denial:
        """As what it is counted: itself, while there is room."""
        if denial.key in self._counts:
            return denial
        self._drop_ended(now)
        less, least = denial.without_details(), Denial(denial.event, {"actor_kind": ANONYMOUS})
        others = [key for key in self._counts if key[0] == denial.event and key != least.key]
        if len(others) >= MAX_PER_EVENT:
            return less if less.key in self._counts else least
        is_one_of_many = sum(key[:3] == denial.sender for key in others) >= MAX_PER_SENDER
        return less if is_one_of_many else denial

    def _drop_ended(self, now: datetime) -> None:
        self._counts = {key: count for key, count in self._counts.items() if count.times or not count.is_over(now)}
