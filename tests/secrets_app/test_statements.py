"""Rows that a statement takes from JSON are the rows that the ORM would have stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models, transaction

from neo_base.audit.subjects import Subject
from neo_base.quick_way import NotRegular
from projects.models import Project
from secrets_app import statements, vault
from secrets_app.audit.recording import build_event
from secrets_app.fields import Sealed
from secrets_app.models import AuditEvent, DataKey, Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such statement.")

# Whatever JSON or PostgreSQL might read in another way.
TEXTS = ["", "\\x00", "\\u0041", '"', "'", "null", "{}", "%s %(name)s", "ü€😀", "\u2028", "\x01\x1f\x7f", " a\tb\r\n "]
TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 11, 28, 12, 0, 0, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]


def a_secret(project: Project, **columns: Any) -> Secret:
    sealer = vault.Sealer(Owner(project_id=project.pk))
    secret_id = uuid4()
    sealed = sealer.seal(Plaintext("the value of a secret"), secret_id=secret_id, version=1)
    name = f"N{secret_id.hex}".upper()
    return Secret(**{"id": secret_id, "project": project, "name": name, **vars(sealed), **columns})


def store(rows: list[Any]) -> None:
    given = "(SELECT 1) AS given"
    model: type[models.Model] = type(rows[0])
    with statements.undoable():
        statements.execute(statements.insert(model, "rows", given=given), {"rows": statements.as_json(rows)})


def columns(row: models.Model) -> dict[str, Any]:
    return {
        field.attname: bytes(value) if isinstance(value := getattr(row, field.attname), memoryview) else value
        for field in row._meta.concrete_fields
    }


@on_postgresql
def test_each_column_is_stored_as_the_orm_stores_it(project: Project) -> None:
    rows = [
        *(a_secret(project, description=text, task_id=text) for text in TEXTS),
        *(a_secret(project, expires_at=time, created_at=time) for time in TIMES),
        a_secret(project, is_maskable=True, revision=2**31 - 1, grant_id=uuid4()),
        a_secret(project, value=Sealed(b""), mask=Sealed(bytes(range(256)))),
    ]
    store(rows)
    stored = Secret.objects.in_bulk([row.pk for row in rows])
    assert [columns(stored[row.pk]) for row in rows] == [columns(row) for row in rows]


@on_postgresql
def test_data_and_mac_of_an_event_are_stored_as_the_orm_stores_them(project: Project) -> None:
    owner = Owner(project_id=project.pk)
    events = [
        build_event(
            "secret.updated",
            actor=None,
            subject=Subject("secret", "1", text),
            owner=owner,
            changed=["value"],
            version=2,
        )
        for text in TEXTS
    ]
    store(events)
    stored = AuditEvent.objects.in_bulk([event.pk for event in events])
    assert [columns(stored[event.pk]) for event in events] == [columns(event) for event in events]


@on_postgresql
def test_a_plain_text_is_no_ciphertext(project: Project) -> None:
    with pytest.raises(NotRegular):
        statements.as_json([a_secret(project, value="never sealed")])


def test_a_value_that_json_cannot_hold_is_not_regular(project: Project) -> None:
    with pytest.raises(NotRegular):
        statements.as_json([a_secret(project, description="half a pair: \ud800")])


@on_postgresql
def test_a_refusal_leaves_the_transaction_as_it_was(project: Project) -> None:
    row = a_secret(project)
    with transaction.atomic():
        store([row])
        for refused in (row, a_secret(project, name=row.name), a_secret(project, description="zero: \x00")):
            with pytest.raises(NotRegular):
                store([a_secret(project), refused])
    assert list(Secret.objects.all()) == [row]


@on_postgresql
def test_nothing_is_written_where_a_row_is_missing(project: Project) -> None:
    row = a_secret(project)
    given = f"(SELECT FROM {statements.table(DataKey)} WHERE id = %(key)s AND state = 'retiring') AS given"
    with pytest.raises(NotRegular):
        statements.execute(
            statements.insert(Secret, "rows", given=given), {"rows": statements.as_json([row]), "key": row.data_key_id}
        )
    assert not Secret.objects.exists()


def test_a_field_of_an_unknown_kind_is_not_regular() -> None:
    with pytest.raises(NotRegular):
        statements._prepare(models.DurationField(default=timedelta))


@on_postgresql
def test_an_update_stores_the_named_columns_alone(project: Project) -> None:
    first, second = a_secret(project), a_secret(project)
    store([first, second])
    first.description, first.value = "not stored", Sealed(b"new")
    second.value, second.expires_at = Sealed(b"newer"), TIMES[2]
    statements.update([first, second], ["value", "expires_at"])
    stored = Secret.objects.in_bulk([first.pk, second.pk])
    assert columns(stored[first.pk]) == columns(first) | {"description": ""}
    assert columns(stored[second.pk]) == columns(second)
