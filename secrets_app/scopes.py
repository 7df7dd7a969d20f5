"""Whose a secret is: one user's, or one project's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """Exactly one of `owner_id` (a personal scope) and `project_id` is set."""

    owner_id: Any = None
    project_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.owner_id is None) == (self.project_id is None):
            raise ValueError("A scope is one user's or one project's.")

    @property
    def label(self) -> str:
        """The scope as ciphertexts are bound to it: `user:ID` or `project:ID`."""
        return f"user:{self.owner_id}" if self.project_id is None else f"project:{self.project_id}"

    @property
    def columns(self) -> dict[str, Any]:
        """The scope as columns of a row, for filters and new rows alike."""
        return {"owner_id": self.owner_id, "project_id": self.project_id}
