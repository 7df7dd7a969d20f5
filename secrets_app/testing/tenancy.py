"""What the cases need to know of a site: how it makes users and projects, and gives and takes roles."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID


class Tenancy(Protocol):
    """Written by the site, in its own way: by its models, its services or its API."""

    def make_user(self, name: str) -> Any:
        """A new user who can sign in and belongs to nothing. `name` is lower-case letters, another one at each call."""

    def make_project(self) -> UUID:
        """The id of a new project without members."""

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        """Make `user` "viewer", "member" or "admin" of the project, whatever he was before; None takes him out."""

    def delete_project(self, project_id: UUID) -> None:
        """Delete the project for good."""
