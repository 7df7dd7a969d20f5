"""Actors: who they are and what limits their credential sets cannot be changed afterwards."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from neo_base.access.actors import UNKNOWN_ORIGIN, Actor, ActorKind, Limits

LIMITS = Limits(frozenset({"secrets:read"}))
ACTOR = Actor.from_user("somebody", LIMITS)


@pytest.mark.parametrize(
    ("thing", "name", "value"),
    [
        (LIMITS, "scopes", frozenset({"secrets:write"})),
        (ACTOR, "limits", None),
        (ACTOR, "kind", ActorKind.SYSTEM),
        (UNKNOWN_ORIGIN, "request_id", "1"),
    ],
)
def test_no_actor_gains_rights_while_acting(thing: Any, name: str, value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(thing, name, value)


def test_two_actors_of_one_user_are_two() -> None:
    assert Actor.from_user("somebody", LIMITS) != ACTOR


def test_the_roles_that_were_read_are_in_no_log() -> None:
    actor = Actor.from_user("somebody")
    actor.roles["a project"] = "admin"
    assert "admin" not in repr(actor)


def test_each_kind_is_what_it_is_called() -> None:
    assert [Actor.from_user("x").kind, Actor.from_staff("x").kind, Actor.system().kind] == list(ActorKind)
