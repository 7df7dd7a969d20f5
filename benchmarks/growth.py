"""Bytes that grants and environments add to a PostgreSQL, heap and indexes together.

For 50 and 500 secrets: the first grant of a set, a further grant of the same set, and an environment, as means of a few
dozen, so that half-filled pages count little. `open_environment` also updates the grant and, at most once a minute, its
secrets; vacuum makes room of what that leaves, so the tables of both are left out of the environment's figure. Run with
`python -m benchmarks.growth`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WRITTEN_BY_A_GRANT = ("taskgrant", "grantedsecret", "grantedset", "setmember", "auditevent", "exposedsecret")
WRITTEN_BY_AN_ENVIRONMENT = ("grantedset", "setmember", "auditevent", "exposedsecret")


@dataclass(frozen=True)
class Growth:
    """Bytes of one of each."""

    first_grant: int
    grant: int
    environment: int


def measured(number: int, times: int = 64) -> Growth:
    """Return what grants and environments of `number` secrets add, with `times` of each, for a user made for it."""
    from neo_base.access.actors import Actor
    from secrets_app.actions.creation import Draft, create_secrets
    from secrets_app.actions.environments import open_environment
    from secrets_app.actions.grants import GrantRequest, create_grant
    from secrets_app.owners import Owner
    from secrets_app.plaintext import Plaintext
    from secrets_app.tasks.selection import SelectedName
    from tests.cast import make_user

    user = make_user(f"growth-{number}")
    actor, owner = Actor.from_user(user), Owner(user_id=user.pk)
    names = [f"SERVICE_{each:03}_API_KEY" for each in range(number)]
    create_secrets(actor=actor, drafts=[Draft(owner, name, Plaintext(f"value of {name}")) for name in names])

    def grant(*left_out: str) -> Any:
        selected = [SelectedName(name) for name in names if name not in left_out]
        return create_grant(actor=actor, grant_request=GrantRequest(secrets=selected)).row

    sets = iter(names)
    whole = grant()
    return Growth(
        first_grant=_grown(WRITTEN_BY_A_GRANT, lambda: grant(next(sets)), min(times, number)),
        grant=_grown(WRITTEN_BY_A_GRANT, grant, times),
        environment=_grown(
            WRITTEN_BY_AN_ENVIRONMENT, lambda: open_environment(actor=task_actor(whole), grant=whole), times
        ),
    )


def task_actor(grant: Any) -> Any:
    """Return the actor that the task of `grant` is, as the runtime API makes it."""
    from neo_base.access.actors import Actor, Origin

    origin = Origin("0" * 32, "192.0.2.7", grant.credential)
    return Actor.from_user(grant.user, origin=origin, limits=grant.limits)


def _grown(tables: tuple[str, ...], act: Callable[[], Any], times: int) -> int:
    before = _size(tables)
    for _ in range(times):
        act()
    return (_size(tables) - before) // times


def _size(tables: tuple[str, ...]) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        names = [f"secrets_app_{table}" for table in tables]
        cursor.execute("SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [names])
        return int(cursor.fetchone()[0])


def main() -> None:
    os.environ |= {"NEO_TEST_DATABASE": "postgresql", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    import logging

    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for number in (50, 500):
        print(f"{number:4} secrets: {measured(number, times=300)}")  # noqa: T201


if __name__ == "__main__":
    main()
