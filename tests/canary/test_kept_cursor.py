"""No value in what the kept cursor of a connection holds of the last statements."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from django.db import connection

from neo_base.access.actors import Actor
from neo_base.kept_cursor import kept_cursor
from secrets_app.actions.creation import Draft, create_secrets
from secrets_app.actions.environments import open_environment
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.canary.canary import Canary, found_in

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no quick way."),
]

TEXTS, CONTAINERS = (str, bytes, bytearray, memoryview), (dict, list, tuple)
OF_THE_DRIVER = ("psycopg", "django.db.backends.postgresql", "neo_site.postgresql")


def held() -> list[Any]:
    """All texts and bytes that the driver's objects can reach from the kept cursor."""
    cursor = kept_cursor().cursor
    found, seen, waiting = [], {id(cursor)}, [cursor]
    while waiting:
        each = waiting.pop()
        if type(each) in TEXTS:
            found.append(each)
        elif type(each) in CONTAINERS or type(each).__module__.startswith(OF_THE_DRIVER):
            reached = [one for one in gc.get_referents(each) if id(one) not in seen]
            seen.update(map(id, reached))
            waiting += reached
    return found


def test_the_kept_cursor_holds_no_value(member: Any, canary: Canary) -> None:
    actor, owner = Actor.from_user(member), Owner(user_id=member.pk)
    for name in ("FIRST", "SECOND"):
        create_secrets(actor=actor, drafts=[Draft(owner, name, Plaintext(canary.value), default_available=True)])
    assert found_in(["SECOND"], *held())
    assert canary.found_in(*held()) == []
    for _ in range(2):
        grant = create_grant(actor=actor, grant_request=GrantRequest()).row
    opened = open_environment(actor=actor, grant=grant)
    assert opened.values["SECOND"].reveal() == canary.value
    assert found_in(["environment.exposed"], *held())
    assert canary.found_in(*held()) == []


def test_a_planted_leak_would_be_found_in_the_kept_cursor(db: None, canary: Canary) -> None:
    kept_cursor().execute("SELECT %s::text", [canary.value])
    assert canary.found_in(*held())
