"""Faults of the database while a task gets its values: what is not recorded does not leave.

One statement after the other fails, whatever the statements are: the audit event, the rows that index it, the use of
the grant, the end of the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from projects.models import Project
from secrets_app.audit.verification import verify
from secrets_app.models import AuditEvent, Secret, TaskGrant
from tests.cast import CANARY, make_secret
from tests.secrets_app.task import MakeTask, make_task

__all__ = ["make_task"]


class Statements:
    """The statements so far; the one with the number `failing` raises what the database would."""

    def __init__(self, failing: int) -> None:
        self.failing = failing
        self.seen: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen.append(sql)
        if len(self.seen) == self.failing + 1:
            raise OperationalError("disk I/O error")
        return execute(sql, params, many, context)


@contextmanager
def failing(number: int) -> Iterator[Statements]:
    statements = Statements(number)
    with connection.execute_wrapper(statements):
        yield statements


def exposures() -> int:
    return AuditEvent.objects.filter(event="environment.exposed").count()


@pytest.mark.usefixtures("each_way")
def test_no_value_leaves_when_any_statement_fails(member: Any, project: Project, make_task: MakeTask) -> None:
    for name in ("FIRST", "SECOND"):
        make_secret(member, name=name, value=f"{CANARY}-{name}", project_id=project.id)
    task = make_task(member, "FIRST", "SECOND", project_id=project.id)
    Secret.objects.update(last_used_at=None)
    with failing(-1) as all_of_them:
        assert task.fetch().status_code == 200
    inserts = [number for number, sql in enumerate(all_of_them.seen) if "INSERT INTO" in sql]
    assert inserts
    for number in range(len(all_of_them.seen)):
        # Noted at most once a minute, by statements of its own.
        Secret.objects.update(last_used_at=None)
        uses, recorded = TaskGrant.objects.get().uses, exposures()
        with failing(number) as statements:
            answer = task.fetch()
        assert len(statements.seen) > number
        left = CANARY in answer.text
        assert (left, left) == (exposures() > recorded, TaskGrant.objects.get().uses > uses), statements.seen[number]
        assert not (left and number in inserts), statements.seen[number]
    assert verify().is_clean
    assert task.fetch().status_code == 200


@pytest.mark.parametrize("scopes", [["secrets:create"]])
def test_a_task_that_makes_a_secret_makes_all_of_it_or_nothing(
    member: Any, make_task: MakeTask, scopes: list[str]
) -> None:
    task = make_task(member, scopes=scopes)
    with failing(-1) as all_of_them:
        assert task.create("MADE").status_code == 201
    for number in range(len(all_of_them.seen)):
        with failing(number):
            status = task.create(f"MADE_{number}").status_code
        is_recorded = AuditEvent.objects.filter(event="secret.created", subject_label=f"MADE_{number}").exists()
        is_granted = TaskGrant.objects.get().granted.filter(name=f"MADE_{number}").exists()
        assert {is_recorded, is_granted} == {status == 201}
