"""The catalogue of audit events: an event that is not in it cannot be written.

Each app registers its own events in `AppConfig.ready()`; a host's apps do the same. When Django has loaded the apps,
the catalogue is complete and takes no more. The audit log may hold events of an app that was removed since: readers use
`catalogue.get(name)`, which returns None for those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from neo_base.audit.event_fields import Kind
from neo_base.rest.languages import Text

MAX_NAME_LENGTH = 48
MAX_SUBJECT_LENGTH = 16
_NAME = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
_SUBJECT = re.compile(r"[a-z]+(_[a-z]+)*")


class UnknownEvent(LookupError):
    """Code records an event that no app has registered."""


class UndeclaredData(ValueError):
    """Code gives an event data that it does not declare, or of another kind. Names the key and never the value."""


class CannotRegister(RuntimeError):
    """The event is registered already, is malformed, or comes after the apps were loaded."""


class Outcome(models.TextChoices):
    DONE = "done", _("Done")
    # The stored value is older than the word.
    REFUSED = "denied", _("Refused")


class Bound(Enum):
    """Which daily bound of its user stops what the event records."""

    GROWTH = "growth"
    """It stores something. Nor does it happen while storage is nearly full."""
    USE = "use"
    """It uses what is there: a bound of its own, so that nobody loses this by storing too much."""
    NONE = "none"
    """It ends or deletes something, and so happens no oftener than something was made."""


@dataclass(frozen=True)
class Event:
    """What can happen, as the audit log knows it."""

    name: str
    """`subject.participle`, such as "secret.created"; up to 48 lower-case letters, underscores and one dot."""
    subject: str
    """The kind of object that it happens to, such as "secret"; up to 16 lower-case letters and underscores."""
    says: Text
    """What happened, as a sentence for operators."""
    data: Mapping[str, Kind] = field(default_factory=dict)
    """The data that an event may carry, each of one kind of `event_fields`. All of it may be left out."""
    outcome: Outcome = Outcome.DONE
    bound: Bound = Bound.GROWTH

    def checked(self, data: Mapping[str, object]) -> dict[str, object]:
        """Return `data` as JSON holds it. Raise UndeclaredData for a key or a value that the event does not declare."""
        undeclared = data.keys() - self.data.keys()
        if undeclared:
            raise UndeclaredData(f"The event {self.name} does not declare {', '.join(sorted(undeclared))}.")
        return {key: self._checked(key, value) for key, value in data.items()}

    def _checked(self, key: str, value: object) -> object:
        try:
            return self.data[key](value)
        except (TypeError, ValueError, KeyError):
            # Without its cause, which may hold the value.
            raise UndeclaredData(f"{key} of the event {self.name} is not of the declared kind.") from None


class Catalogue(Mapping[str, Event]):
    """The registered events by name, in the order in which Django loads the apps."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}

    def register(self, *events: Event) -> None:
        """Add events. Call it in `AppConfig.ready()`.

        Raise CannotRegister for a name that is taken or malformed, and for every event once Django has loaded the apps.
        """
        for event in events:
            self._check(event)
            self._events[event.name] = event

    def named(self, name: str) -> Event:
        """Return the event to record. Raise UnknownEvent where no app has registered it."""
        if name not in self._events:
            raise UnknownEvent(f"No app has registered the event {name}. Register it in AppConfig.ready().")
        return self._events[name]

    def _check(self, event: Event) -> None:
        if apps.ready:
            raise CannotRegister(f"The event {event.name} comes too late. Register it in AppConfig.ready().")
        # Django calls `ready()` again where a test overrides INSTALLED_APPS: the same object is no duplicate.
        if self._events.get(event.name, event) is not event:
            raise CannotRegister(f"The event {event.name} is registered already. Choose another name.")
        if not _NAME.fullmatch(event.name) or len(event.name) > MAX_NAME_LENGTH:
            raise CannotRegister(f"The event name {event.name!a} is malformed. Use subject.participle.")
        if not _SUBJECT.fullmatch(event.subject) or len(event.subject) > MAX_SUBJECT_LENGTH:
            raise CannotRegister(f"The event {event.name} has a malformed subject. Use letters and underscores.")

    def __getitem__(self, name: str) -> Event:
        return self._events[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)


catalogue = Catalogue()
