"""The access rule, checked with rows that no policy table has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import FrozenInstanceError
from typing import Any
from uuid import UUID

import pytest

from neo_base.access.actors import Actor
from neo_base.access.errors import NotAMember, RoleTooLow
from neo_base.access.policies import SIGNED_IN, Rule, check
from projects.policies import PERMISSIONS, Permission
from tests.refusals import refusal_of

PROJECT = UUID(int=1)


class Memberships:
    """A membership policy that gives everybody the same role in every project."""

    def __init__(self, role: str | None) -> None:
        self.everybodys = role

    def role(self, user: Any, project_id: UUID) -> str | None:
        return self.everybodys

    def project_ids(self, user: Any) -> Iterable[UUID]:
        return [PROJECT]


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_a_permission_without_roles_is_refused_to_all_roles(role: str) -> None:
    grant = Rule(frozenset(), "", "")
    assert refusal_of(check, Actor.from_user(None), grant, PROJECT, Memberships(role)) is RoleTooLow


def test_a_permission_for_everybody_signed_in_needs_no_membership() -> None:
    grant = Rule(frozenset(set(SIGNED_IN)), "", "")
    assert refusal_of(check, Actor.from_user(None), grant, None, Memberships(None)) is None


def test_a_permission_for_everybody_and_a_role_needs_membership() -> None:
    grant = Rule(SIGNED_IN | {"viewer"}, "", "")
    assert refusal_of(check, Actor.from_user(None), grant, PROJECT, Memberships(None)) is NotAMember
    assert refusal_of(check, Actor.from_user(None), grant, PROJECT, Memberships("viewer")) is None


def test_no_grant_can_be_changed_while_the_site_runs() -> None:
    with pytest.raises(FrozenInstanceError):
        PERMISSIONS[Permission.PROJECT_DELETE].roles = SIGNED_IN  # type: ignore[misc]  # The test expects this to be refused.


def test_without_a_project_no_membership_is_asked() -> None:
    grant = PERMISSIONS[Permission.PROJECT_VIEW]
    assert refusal_of(check, Actor.from_user(None), grant, None, Memberships("admin")) is NotAMember
