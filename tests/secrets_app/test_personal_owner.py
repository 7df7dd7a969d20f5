"""Personal owners: user ids are compared by value, whatever type the host's user model uses for them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from typing import Any
from uuid import UUID

import pytest

from neo_base.access.actors import Actor
from secrets_app.errors import NoSuchSecret
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require
from tests.refusals import refusal_of


@dataclass(frozen=True)
class User:
    pk: Any


def same(pk: Any) -> Any:
    """Return an equal id that is another object, as the database returns one for each row."""
    return type(pk)(str(pk))


@pytest.mark.parametrize("pk", [1, 10**6, UUID(int=1), "an id that is text"])
@pytest.mark.parametrize("permission", list(Permission))
def test_the_owner_of_ones_own_id_is_oneself(permission: Permission, pk: Any) -> None:
    assert refusal_of(require, Actor.from_user(User(pk)), permission, Owner(user_id=same(pk))) is None


@pytest.mark.parametrize(("pk", "other"), [(1, 2), (2, 1), (10**6, 10**6 + 1), (UUID(int=1), UUID(int=2))])
@pytest.mark.parametrize("permission", list(Permission))
def test_the_owner_of_a_lower_or_a_higher_id_is_another(permission: Permission, pk: Any, other: Any) -> None:
    assert refusal_of(require, Actor.from_user(User(pk)), permission, Owner(user_id=other)) is NoSuchSecret


def test_no_owner_changes_after_it_was_asked_about() -> None:
    with pytest.raises(FrozenInstanceError):
        Owner(user_id=1).user_id = 2  # type: ignore[misc]  # The assignment is what has to be refused.
