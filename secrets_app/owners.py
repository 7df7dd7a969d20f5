"""The owner of a secret: one user or one project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self
from uuid import UUID


def label_of(user_id: Any, project_id: UUID | str | None) -> str:
    """Return the name of the owner with these columns to which ciphertexts are bound: `user:ID` or `project:ID`."""
    return f"user:{user_id}" if project_id is None else f"project:{project_id}"


@dataclass(frozen=True)
class Owner:
    """A user, who owns personal secrets, or a project: exactly one of `user_id` and `project_id` is set."""

    user_id: Any = None
    project_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.user_id is None) == (self.project_id is None):
            raise ValueError("An owner is one user or one project.")

    @classmethod
    def of(cls, user_id: Any, project_id: UUID | None) -> Self:
        """Return the project as the owner if there is one, else the user."""
        return cls(user_id=user_id) if project_id is None else cls(project_id=project_id)

    @cached_property
    def label(self) -> str:
        """The name of the owner: see `label_of`."""
        return label_of(self.user_id, self.project_id)

    @property
    def columns(self) -> dict[str, Any]:
        """The owner as the columns of a row, for filters and for new rows."""
        return {"user_id": self.user_id, "project_id": self.project_id}


@lru_cache(maxsize=4_096)
def owner_of(user_id: Any, project_id: UUID | None) -> Owner:
    """Return the owner with these columns, the same object for many rows: its label is made once."""
    return Owner(user_id, project_id)
