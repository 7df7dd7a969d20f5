"""What the tests of the audit share: an insert that fails, on either database; a chain; time that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from secrets_app.audit.chaining import chain_events
from tests.secrets_app.audit.chains import PER_BLOCK, add

TABLE = "secrets_app_auditevent"
REFUSE = {
    "sqlite": (
        f"CREATE TRIGGER refuse_audit BEFORE INSERT ON {TABLE} BEGIN SELECT RAISE(ABORT, 'no room'); END",
        "DROP TRIGGER refuse_audit",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse_audit() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$ LANGUAGE plpgsql;"
        f"CREATE TRIGGER refuse_audit BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_audit()",
        "DROP FUNCTION refuse_audit CASCADE",
    ),
}

Unwritable = Callable[[], AbstractContextManager[None]]
Later = Callable[[int], None]


@pytest.fixture
def unwritable() -> Unwritable:
    """`with unwritable():` the database takes no row of the audit."""

    @contextmanager
    def refusing() -> Iterator[None]:
        create, drop = REFUSE[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(create)
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(drop)

    return refusing


@pytest.fixture
def chain(db: None) -> None:
    """Three blocks of three rows, and two rows that are newer."""
    add(9)
    assert chain_events(events_per_block=PER_BLOCK) == 9
    add(2)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`later(61)`: so many seconds after the start. Time stands still but for that."""
    start = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: start)
    return lambda seconds: monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=seconds))
