"""The subject of an audit event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Subject:
    """What an event is about: an id that finds it, and a label that says what it was once it is gone."""

    kind: str
    """What the event declares, such as "secret"."""
    id: str = ""
    """Empty for an event about many objects of the kind."""
    label: str = ""

    @classmethod
    def of_user(cls, user: Any) -> Subject:
        """Return a user as a subject, under their user name."""
        return cls("user", str(user.pk), user.get_username())
