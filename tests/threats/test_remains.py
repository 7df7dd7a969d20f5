"""What a deleted user or project leaves: neither a key nor a ciphertext, in any column of any table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from neo_base.access.actors import Actor
from projects.actions import delete_project
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.fields import SealedTextField
from secrets_app.models import AuditBlock, AuditEvent, DataKey, GrantedSet, KeyCheckValue
from secrets_app.plaintext import Plaintext
from tests.cast import make_secret
from tests.secrets_app.task import MakeTask, make_task

__all__ = ["make_task"]

# Their bytes are MACs, or ids and names of secrets: from none of them can anything be opened.
WITHOUT_KEYS = (AuditBlock, AuditEvent, GrantedSet, KeyCheckValue)


def sealed_columns() -> list[tuple[str, str]]:
    """Return table and column of everything that can hold a key or a ciphertext."""
    return [
        (model._meta.db_table, str(field.column))
        for model in apps.get_models(include_auto_created=True)
        if model not in WITHOUT_KEYS
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedTextField | models.BinaryField)
    ]


def stored(table: str, columns: str = "*") -> Iterator[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {columns} FROM "{table}"')  # noqa: S608  (the names come from the models)
        for row in cursor.fetchall():
            for value in row:
                yield bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def keys_and_ciphertexts() -> set[bytes]:
    return {value for table, column in sealed_columns() for value in stored(table, f'"{column}"') if value}


def everything() -> bytes:
    """Return every value of every table, those of no model included."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    return b"\n".join(value for table in tables for value in stored(table))


def use(user: Any, project: Project | None, make_task: MakeTask) -> None:
    """Leave traces wherever there can be some: versions, a former data key, a deleted secret, a task that was run."""
    project_id = None if project is None else project.id
    actor = Actor.from_user(user)
    secret = make_secret(user, name="KEPT", project_id=project_id)
    update_secret(actor=actor, secret_id=secret.id, value=Plaintext("another"))
    doomed = make_secret(user, name="DOOMED", project_id=project_id)
    task = make_task(user, "KEPT", "DOOMED", project_id=project_id, scopes=["secrets:create"], thread_id="thread")
    assert task.fetch().status_code == 200
    assert task.create("MADE").status_code == 201
    vault.renew(DataKey.objects.get(pk=secret.data_key_id))
    update_secret(actor=actor, secret_id=secret.id, value=Plaintext("under the new key"))
    delete_secret(actor=actor, secret_id=doomed.id)


DELETIONS: dict[str, Callable[[Any, Project], Any]] = {
    "a user": lambda member, _: member.delete(),
    "a project": lambda _, project: delete_project(actor=Actor.system(), project_id=project.id),
}


@pytest.mark.parametrize("deleted", DELETIONS)
def test_neither_key_nor_ciphertext_is_left(
    deleted: str, member: Any, stranger: Any, project: Project, make_task: MakeTask
) -> None:
    use(stranger, None, make_task)
    others = keys_and_ciphertexts()
    use(member, {"a user": None, "a project": project}[deleted], make_task)
    gone = keys_and_ciphertexts() - others
    before = everything()
    assert len(gone) >= 8
    assert all(value in before for value in gone)
    DELETIONS[deleted](member, project)
    after = everything()
    assert [value for value in gone if value in after] == []
    assert keys_and_ciphertexts() == others


def test_the_columns_with_keys_are_found() -> None:
    assert {column for _, column in sealed_columns()} >= {"value", "mask", "wrapped"}
