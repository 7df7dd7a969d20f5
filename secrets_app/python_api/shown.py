"""What the Python API gives back: secrets without their values, and the values of a task."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from secrets_app.masks import masked_value
from secrets_app.models import Secret
from secrets_app.plaintext import BULLETS, Plaintext
from secrets_app.redaction import TextRedactor


@dataclass(frozen=True)
class SecretInfo:
    """What people can see of a secret: everything but its value."""

    id: UUID
    name: str
    masked_value: str
    project_id: UUID | None
    description: str
    default_available: bool
    created_by_agent: bool
    quarantine_reason: str
    """Why it needs a promotion: "agent" or "risky_name"; empty if it needs none."""
    is_exempt_from_redaction: bool
    version: int
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Environment(Mapping[str, Plaintext]):
    """Values by name. Nothing shows them by accident, such as `print` or a log: `reveal()` returns the plaintexts."""

    def __init__(self, values: Mapping[str, Plaintext], exempt: Collection[str] = ()) -> None:
        self._values = values
        self._exempt = exempt

    def __getitem__(self, name: str) -> Plaintext:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Environment: {', '.join(self._values)}>"

    def reveal(self) -> dict[str, str]:
        """Return the plaintexts by name, for the environment of a process."""
        return {name: value.reveal() for name, value in self._values.items()}

    def redact(self, text: str) -> str:
        """Return `text` with each value, in all forms that `secrets_app.redaction` lists, replaced by `{{$NAME}}`.

        Values of secrets that are exempt from redaction stay.
        """
        redacted = {name: value for name, value in self.reveal().items() if name not in self._exempt}
        return TextRedactor(redacted).redact(text)


IDS = ("id", "project_id")
MOMENTS = ("expires_at", "last_used_at", "created_at", "updated_at")


def info_from(kept: Mapping[str, Any]) -> SecretInfo:
    """Return the information that was kept as JSON, with a mask of now."""
    ids = {name: kept[name] and UUID(kept[name]) for name in IDS}
    moments = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in MOMENTS}
    return SecretInfo(**{**kept, **ids, **moments, "masked_value": kept["masked_value"] or BULLETS})


def info_of(row: Secret) -> SecretInfo:
    columns = [name for name in SecretInfo.__dataclass_fields__ if name != "masked_value"]
    return SecretInfo(masked_value=masked_value(row) or BULLETS, **{name: getattr(row, name) for name in columns})
