"""Policies made wrong on purpose, one thing at a time, and who would notice.

A flip is a wrong grant in place of the right one: a role more or less, another scope, another staff permission.
An expectation is an actor and what they are refused with; `neo_base.access.policies.check` is
asked, without a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from neo_base.access.actors import Actor, Limits
from neo_base.access.errors import RoleTooLow, ScopeMissing
from neo_base.access.policies import EVERYONE, SIGNED_IN, Rule, check
from secrets_app.policies import NO_SCOPE
from tests.authorization.actors import EVERYBODY
from tests.authorization.actors import Actor as TableActor
from tests.authorization.rules import permissions_asked, promised
from tests.authorization.table import Question, questions
from tests.refusals import refusal_of

PROJECT = UUID(int=1)
ROLES: Mapping[str, str | None] = {"stranger": None, "viewer": "viewer", "member": "member", "admin": "admin"}

Refusal = type | None
Row = tuple[Any, ...]
"""What stranger, viewer, member and admin are refused with, the scope that a token needs, `app_label.codename`."""


class Flip(NamedTuple):
    permission: str
    change: str
    grant: Rule

    def __str__(self) -> str:
        return f"{self.permission} {self.change}"


@dataclass(frozen=True)
class Person:
    """A user, as far as policies ask about them."""

    role: str | None = None
    held: frozenset[str] = frozenset()

    def has_perm(self, permission: str) -> bool:
        return permission in self.held


class RolesOfPersons:
    """A membership policy: each person has their role in every project."""

    def role(self, user: Any, project_id: UUID) -> str | None:
        role: str | None = user.role
        return role

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return [PROJECT]


class Expectation(NamedTuple):
    actor: Actor
    refusal: Refusal
    """What they are refused with; None for nothing."""

    def is_met_by(self, grant: Rule) -> bool:
        return refusal_of(check, self.actor, grant, PROJECT, RolesOfPersons()) is self.refusal


def flips(policies: Mapping[str, Rule], scopes: Iterable[str], staff: Iterable[str]) -> Iterator[Flip]:
    """Each grant of `policies` made wrong in every way, one at a time.

    `scopes` and `staff` are what may wrongly stand in a grant.
    """
    for permission, grant in policies.items():
        for role in sorted(EVERYONE):
            verb = "loses" if role in grant.roles else "gains"
            yield Flip(permission, f"{verb} {role}", replace(grant, roles=grant.roles ^ {role}))
        for name, roles in {"everybody": SIGNED_IN, "nobody": frozenset[str]()}.items():
            if roles != grant.roles:
                yield Flip(permission, f"is for {name}", replace(grant, roles=roles))
        for scope in sorted({*scopes, NO_SCOPE} - {grant.scope}):
            yield Flip(permission, f"needs scope {scope or 'of nobody'}", replace(grant, scope=scope))
        for held in sorted({*staff, "auth.view_user"} - {grant.staff}):
            yield Flip(permission, f"needs {held}", replace(grant, staff=held))


def expectations(row: Row, scopes: Iterable[str], staff: Iterable[str]) -> Iterator[Expectation]:
    """What a row of a table of expectations says of users, of tokens with one scope, of operators."""
    *refusals, needed, codename = row
    for role, refusal in zip(ROLES.values(), refusals, strict=True):
        yield Expectation(Actor.from_user(Person(role)), refusal)
    for scope in sorted(scopes):
        token = Actor.from_user(Person("admin"), Limits(frozenset({scope})))
        yield Expectation(token, refusals[-1] if scope == needed else ScopeMissing)
    for held in sorted(staff):
        operator = Actor.from_staff(Person(held=frozenset({held})))
        yield Expectation(operator, None if held == codename else RoleTooLow)


def that_tell(flip: Flip, policies: Mapping[str, Rule]) -> Iterator[tuple[Question, TableActor]]:
    """The requests of the table that are promised another answer under the flip."""
    flipped = {**policies, flip.permission: flip.grant}
    for question in questions():
        if flip.permission in permissions_asked(question):
            for actor in EVERYBODY:
                if promised(question, actor, flipped) != promised(question, actor, policies):
                    yield question, actor


def survivors(found: Iterable[Flip], expected: Mapping[str, Iterable[Expectation]]) -> set[str]:
    """The flips that every expectation agrees with."""
    return {
        str(flip) for flip in found if all(each.is_met_by(flip.grant) for each in expected.get(flip.permission, ()))
    }
