"""The part of the conformance tests that each site writes: how it makes users and projects, and sets roles."""

from __future__ import annotations

import secrets
import string
from typing import Any, Protocol
from uuid import UUID


class Tenancy(Protocol):
    """The protocol that a site implements with its models, its services or its API."""

    def make_user(self, name: str) -> Any:
        """Create and return a user who can sign in and belongs to no project.

        `name` consists of lower-case letters, and differs at each call.
        """

    def make_project(self) -> UUID:
        """Create a project without members; return its id."""

    def set_role(self, user: Any, project_id: UUID, role: str | None) -> None:
        """Make `user` "viewer", "member" or "admin" of the project, whatever they were before; None removes them."""

    def delete_project(self, project_id: UUID) -> None:
        """Delete the project for good."""


def new_user(tenancy: Tenancy, name: str) -> Any:
    """Make a user whose name no data of the site has: an `admin` is often there already."""
    tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
    return tenancy.make_user(f"neo{name}{tail}")
