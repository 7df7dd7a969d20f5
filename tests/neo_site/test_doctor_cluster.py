"""What `manage.py doctor` says of PostgreSQL on several machines and of poolers: a line for each fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection

from neo_site.doctor import cluster
from neo_site.doctor.findings import Finding
from tests.live.databases import ON_POSTGRESQL

on_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="Runs with NEO_TEST_DATABASE=postgresql.")
WANTED = {"statement_timeout": 4000, "lock_timeout": 3000, "idle_in_transaction_session_timeout": 15000}
SET = {"statement_timeout": "4s", "lock_timeout": "3s", "idle_in_transaction_session_timeout": "15s"}


def told(findings: Iterable[Finding]) -> list[str]:
    return [f"{each.grade.value}: {each.says}" for each in findings]


@pytest.mark.django_db
def test_nothing_is_asked_of_sqlite_and_a_single_postgresql_is_well() -> None:
    says = told([*cluster.cluster(), *cluster.pooling()])
    assert [line.partition(":")[0] for line in says] == (["ok"] * 4 if ON_POSTGRESQL else [])
    assert [line for line in says if "none follow" in line] == (["ok: none follow"] if ON_POSTGRESQL else [])


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(("value", "grade"), [("off", "error"), ("local", "error"), ("on", "ok")])
def test_commits_that_a_crash_loses_are_an_error(value: str, grade: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = {value}")
    (line,) = [line for line in told(cluster.cluster()) if "synchronous_commit" in line]
    assert line.startswith(f"{grade}: synchronous_commit is {value}")


@on_postgresql
@pytest.mark.django_db
def test_limits_that_are_off_are_an_error_behind_a_pooler(settings: Any) -> None:
    settings.NEO_TIME_LIMITS = WANTED
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '15s'")
    settings.NEO_POOLS_TRANSACTIONS = True
    (line,) = told(cluster.pooling())
    assert line.startswith("error: off: statement_timeout. ")
    assert "SET statement_timeout = 4000;" in line
    settings.NEO_POOLS_TRANSACTIONS = False
    assert told(cluster.pooling())[0].startswith("warning: off: statement_timeout. If a pooler is in between")


@pytest.mark.once
def test_limits_that_the_operator_has_switched_off_are_right(settings: Any) -> None:
    settings.NEO_TIME_LIMITS = WANTED | {"statement_timeout": 0}
    assert told(cluster.limits(SET | {"statement_timeout": "0"}))[0].startswith("ok: ")


@pytest.mark.once
@pytest.mark.parametrize(
    ("waited_for", "count", "lag", "hidden", "says"),
    [
        ("", 0, None, 0, ["ok: none follow"]),
        ("db2", 2, 0.25, 0, ["ok: 2 follow, at most 0.2 seconds behind"]),
        ("db2", 2, None, 0, ["ok: 2 follow, at most 0.0 seconds behind"]),
        ("db2", 2, 90.0, 0, ["warning: one of 2 is 90 seconds behind."]),
        ("db2", 2, None, 2, ["ok: 2 follow; how far they are behind is told to roles with pg_monitor"]),
        ("", 1, 0.0, 0, ["warning: 1 follow, and no commit waits for one", "ok: 1 follow, at most"]),
    ],
)
def test_standbys_that_no_commit_waits_for_are_a_warning(
    waited_for: str, count: int, lag: float | None, hidden: int, says: list[str]
) -> None:
    found = told(cluster.standbys(waited_for, count, lag, hidden))
    assert [line[: len(start)] for line, start in zip(found, says, strict=True)] == says


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "options", "grades"),
    [
        ("db1,db2,db3", {}, ["error", "ok"]),
        ("db1,db2,db3", {"target_session_attrs": "any"}, ["error", "ok"]),
        ("db1,db2,db3", {"target_session_attrs": "read-write"}, ["ok"]),
        ("db1", {}, ["ok"]),
    ],
)
def test_several_hosts_have_to_be_asked_for_the_primary(host: str, options: dict[str, str], grades: list[str]) -> None:
    found = list(cluster.hosts({"HOST": host, "OPTIONS": options}))
    assert [each.grade.value for each in found] == grades
    assert found[-1].says == "a socket of this machine answers"
