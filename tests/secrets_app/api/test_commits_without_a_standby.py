"""Commits that wait for a standby, and whose wait is cut off: whoever asks again waits, too, and is told nothing early.

Such a commit can be seen on the primary, but a failover loses it. So no answer may rest on it alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from secrets_app.models import AuditEvent, Secret
from tests.cast import ApiClient, make_secret, make_user
from tests.contract import SECRETS
from tests.postgresql import server_uri

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="For PostgreSQL with standbys.")
LONGEST_SECONDS = 120
KEY = {"Idempotency_Key": "5f1c0e9c-7f0a-4c1e-9d3b-0a6c8a3f8f10"}
BODY = {"name": "NEW", "value": "a value of a secret"}

Ask = Callable[[], Any]


def creating(client: ApiClient, user: Any) -> Ask:
    return lambda: client.post(SECRETS, BODY, **KEY)


def importing(client: ApiClient, user: Any) -> Ask:
    return lambda: client.post(f"{SECRETS}/import", {"secrets": [BODY], "on_conflict": "skip"})


def promoting(client: ApiClient, user: Any) -> Ask:
    secret = make_secret(user)
    # As if a task had made it, so that there is something to promote.
    Secret.objects.update(grant_id=uuid4())
    return lambda: client.post(f"{SECRETS}/{secret.id}/promote")


def revoking_a_grant(client: ApiClient, user: Any) -> Ask:
    grant = client.post("/api/v1/task-grants", {}).json()["id"]
    return lambda: client.delete(f"/api/v1/task-grants/{grant}")


def ending_other_sessions(client: ApiClient, user: Any) -> Ask:
    ApiClient(user)
    return lambda: client.delete("/api/v1/user/sessions")


CASES = (creating, importing, promoting, revoking_a_grant, ending_other_sessions)


class Standby:
    """A standby that commits wait for, and that never comes."""

    def __init__(self, primary: psycopg.Connection[Any]) -> None:
        self._primary = primary

    def wait_for(self, asked: Future[Any]) -> list[int]:
        """Return who waits for the standby, as soon as somebody does; nobody once `asked` is done."""
        until = time.monotonic() + LONGEST_SECONDS
        while not (waiting := self._waiting()) and not asked.done():
            assert time.monotonic() < until, "Nothing waits, and nothing is done."
            time.sleep(0.01)
        return waiting

    def cut(self, asked: Future[Any]) -> None:
        """End the connection whose commit waits, as a restart does: what it did is here then, and nowhere else."""
        (pid,) = self.wait_for(asked)
        self._primary.execute("SELECT pg_terminate_backend(%s)", [pid])
        asked.exception(LONGEST_SECONDS)

    def name(self, names: str) -> None:
        """Let commits wait for the standbys of these names, or for none."""
        self._primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self._primary.execute("SELECT pg_reload_conf()")

    def _waiting(self) -> list[int]:
        found = self._primary.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        return [pid for (pid,) in found.fetchall()]


def write() -> None:
    with suppress(psycopg.Error), psycopg.connect(server_uri(), autocommit=True) as other:
        other.execute("SELECT pg_logical_emit_message(true, 'test', '')")


@pytest.fixture
def standby(transactional_db: None) -> Iterator[Callable[[], Standby]]:
    """Return a function from whose call on commits wait for a standby."""
    with psycopg.connect(server_uri(), autocommit=True) as primary, ThreadPoolExecutor(1) as pool:
        standby = Standby(primary)

        def begin() -> Standby:
            standby.name("nobody")
            # PostgreSQL takes its time to read the setting.
            while not standby.wait_for(asked := pool.submit(write)):
                pass
            standby.cut(asked)
            return standby

        yield begin
        standby.name("")


@pytest.mark.parametrize("case", CASES)
def test_an_answer_waits_for_what_it_rests_on(case: Callable[..., Ask], standby: Callable[[], Standby]) -> None:
    user = make_user("member")
    ask = case(ApiClient(user), user)

    def asked() -> Any:
        try:
            return ask()
        finally:
            connection.close()

    before = AuditEvent.objects.count()
    missing = standby()
    with ThreadPoolExecutor(1) as pool:
        missing.cut(first := pool.submit(asked))
        assert first.result().status_code == 503
        assert AuditEvent.objects.count() > before
        done = AuditEvent.objects.count()
        waits = missing.wait_for(again := pool.submit(asked))
        missing.name("")
        answer = again.result(LONGEST_SECONDS)
    assert answer.status_code in (200, 201, 204), answer.content
    assert waits
    assert AuditEvent.objects.count() == done
