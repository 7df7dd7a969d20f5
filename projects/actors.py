"""Who acts. Every action takes one, so that API, admin and commands pass the same checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID


class Kind(Enum):
    USER = "user"
    """A signed-in user, whose memberships decide."""
    STAFF = "staff"
    """An operator in the Django admin, whose Django model permissions decide."""
    SYSTEM = "system"
    """A management command, run by whoever owns the machine."""


@dataclass(frozen=True)
class Limits:
    """What a credential takes away from its user: it never adds anything."""

    scopes: frozenset[str]
    """What it may do, in the words of the policy tables: "secrets:read" and the like."""
    project_id: UUID | None = None
    """The only project that it reaches; None for all that its user reaches, personal secrets included."""


@dataclass(frozen=True, eq=False)
class Actor:
    """One acting party, for the length of one request or command.

    `roles` remembers the roles that were read for this actor, so that one request reads each of them once; an actor
    must not outlive its request.
    """

    kind: Kind
    user: Any = None
    limits: Limits | None = None
    roles: dict[Any, str | None] = field(default_factory=dict, repr=False)

    @classmethod
    def from_user(cls, user: Any, limits: Limits | None = None) -> Actor:
        return cls(Kind.USER, user, limits)

    @classmethod
    def from_staff(cls, user: Any) -> Actor:
        return cls(Kind.STAFF, user)

    @classmethod
    def system(cls) -> Actor:
        return cls(Kind.SYSTEM)
