"""Connections that give up on a silent server, and not on one that answers."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest

from neo_site.postgresql.connections import PatientConnection, Suspicion, Unanswered
from tests.live.databases import ON_POSTGRESQL
from tests.postgresql import server_uri

needs_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="Runs with NEO_TEST_DATABASE=postgresql.")


@pytest.fixture
def silences() -> list[str]:
    return []


@pytest.fixture
def connection(silences: list[str]) -> Iterator[PatientConnection]:
    with PatientConnection.connect(server_uri(), autocommit=True) as connection:
        connection.patience, connection.on_silence = 0.2, lambda: silences.append("silent")
        yield connection


@needs_postgresql
def test_a_statement_without_an_answer_ends_the_connection(connection: PatientConnection, silences: list[str]) -> None:
    with pytest.raises(Unanswered):
        connection.execute("SELECT pg_sleep(30)")
    assert connection.closed
    assert silences == ["silent"]


@needs_postgresql
def test_an_error_of_the_server_is_passed_on(connection: PatientConnection, silences: list[str]) -> None:
    connection.execute("SET statement_timeout = 50")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(30)")
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert silences == []


@needs_postgresql
def test_a_connection_that_answered_just_now_is_trusted(connection: PatientConnection) -> None:
    connection.execute("SELECT 1")
    assert connection.answered_just_now()


@needs_postgresql
def test_a_connection_that_rested_is_not_trusted(connection: PatientConnection) -> None:
    connection.execute("SELECT 1")
    connection.answered_at -= 2
    assert not connection.answered_just_now()


@needs_postgresql
def test_a_connection_that_the_server_ended_is_not_trusted(connection: PatientConnection) -> None:
    connection.execute("SELECT 1")
    pid = connection.info.backend_pid
    with psycopg.connect(server_uri(), autocommit=True) as other:
        # Waits until the process has ended, for at most five seconds.
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not connection.answered_just_now()


def refused_in_another_thread(suspicion: Suspicion) -> bool:
    refused = []

    def ask() -> None:
        try:
            with suspicion.asking():
                refused.append(False)
        except Unanswered:
            refused.append(True)

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    return refused[0]


def test_many_threads_may_ask_a_database_that_answers() -> None:
    suspicion = Suspicion()
    with suspicion.asking():
        assert not refused_in_another_thread(suspicion)


def test_one_thread_at_a_time_asks_a_silent_database() -> None:
    suspicion = Suspicion()
    suspicion.rouse()
    with suspicion.asking():
        assert refused_in_another_thread(suspicion)
    with suspicion.asking():
        assert not refused_in_another_thread(suspicion)


def test_a_timeout_of_connecting_rouses_suspicion() -> None:
    suspicion = Suspicion()
    with pytest.raises(psycopg.errors.ConnectionTimeout), suspicion.asking():
        raise psycopg.errors.ConnectionTimeout
    with suspicion.asking():
        assert refused_in_another_thread(suspicion)
