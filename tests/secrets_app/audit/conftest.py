"""What the tests of the audit share: an insert that fails, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection

TABLE = "secrets_app_auditentry"
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
