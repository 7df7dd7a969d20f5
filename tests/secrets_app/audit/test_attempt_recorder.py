"""When refused attempts are written, and what becomes of them when they cannot be: the answer stays the same."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import PermissionDenied

from neo_base.rest.refused_attempts import announce_refused
from secrets_app.audit.attempt_counts import RefusedAttempt
from secrets_app.audit.refused_attempts import MAX_NOTED, recorder
from tests.cast import CANARY, Api, ApiClient, make_secret
from tests.contract import SECRETS, assert_problem
from tests.secrets_app.audit.conftest import Later, Unwritable
from tests.secrets_app.audit.refused import only_refused, refused_events

pytestmark = pytest.mark.django_db


def test_repeats_make_one_event_at_the_next_request_of_anybody(
    api: Api, stranger: Any, member: Any, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    for second in range(20):
        later(second)
        client.get(f"{SECRETS}/{secret.id}")
    assert [row.data["times"] for row in refused_events()] == [1]
    later(60)
    Client().get("/livez")
    first, summary = refused_events()
    assert (first.data["times"], summary.data["times"]) == (1, 19)
    assert summary.data["first_at"] < summary.data["last_at"]
    assert summary.subject_id == str(secret.id)


def test_repeat_costs_one_query(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as repeated:
        client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as missing:
        client.get("/api/v1/nothing")
    assert len([query for query in repeated if "auditevent" in query["sql"].lower()]) == 0
    assert len(repeated) == 3  # Who asks; may they see it; is it there.
    assert len(missing) == 0


def test_process_writes_the_rest_at_its_end(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    for _ in range(3):
        client.get(f"{SECRETS}/{secret.id}")
    recorder.settle(everything=True)
    assert [row.data["times"] for row in refused_events()] == [1, 2]


def test_each_process_settles_once_and_in_its_own_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = RefusedAttempt("access.denied", {"actor_kind": "anonymous"})
    with patch("secrets_app.audit.refused_attempts.Finalize") as finalize:
        for process in (1, 1, 2):
            monkeypatch.setattr("os.getpid", lambda process=process: process)
            recorder.note(attempt)
    _, end = finalize.call_args.args
    assert finalize.call_count == 2
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "NAME", "another")
        end()
    assert refused_events() == []
    end()
    assert only_refused().data["times"] == 3


@pytest.mark.django_db(transaction=True)
def test_event_survives_the_rollback_of_the_refusal(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client, secret = api(stranger), make_secret(member)
    with pytest.raises(RuntimeError), transaction.atomic():
        announce_refused(RequestFactory().get("/"), PermissionDenied())
        raise RuntimeError
    client.delete(f"{SECRETS}/{secret.id}")
    assert [row.data["code"] for row in refused_events()] == ["permission_denied", "not_found"]


# When the log cannot be written


@pytest.mark.django_db(transaction=True)
def test_unwritable_log_changes_no_answer(
    api: Api, stranger: Any, member: Any, unwritable: Unwritable, caplog: pytest.LogCaptureFixture, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    with unwritable():
        hidden, unknown = client.get(f"{SECRETS}/{secret.id}"), ApiClient(bearer=CANARY).get(SECRETS)
    assert_problem(hidden, 404, "not_found")
    assert_problem(unknown, 401, "invalid_token")
    assert refused_events() == []
    lines = [record for record in caplog.records if record.name == "secrets_app.audit.refused_attempts"]
    assert [line.getMessage() for line in lines] == ["audit.denials_waiting error=AuditUnavailable"]
    assert lines[0].exc_info is None
    assert CANARY not in caplog.text
    later(61)
    Client().get("/livez")
    assert {row.event for row in refused_events()} == {"access.denied", "credential.refused"}


def test_unreachable_database_is_asked_again_later(db: None, later: Later, caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    def complete(attempt: RefusedAttempt) -> RefusedAttempt:
        asked.append(attempt)
        raise OperationalError(CANARY)

    recorder.note(
        RefusedAttempt("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), complete
    )
    for _ in range(5):
        recorder.settle()
    assert len(asked) == 1
    later(10)
    recorder.settle()
    assert len(asked) == 2
    assert CANARY not in caplog.text


def test_slow_database_holds_up_one_thread(db: None, caplog: pytest.LogCaptureFixture) -> None:
    completing: list[str] = []

    def complete(attempt: RefusedAttempt) -> RefusedAttempt:
        assert completing == []
        completing.append(attempt.data["code"])
        recorder.settle()  # As another thread would, meanwhile.
        completing.pop()
        return attempt

    for code in ("x", "y"):
        recorder.note(
            RefusedAttempt("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": code}), complete
        )
    recorder.settle()
    assert {row.data["code"] for row in refused_events()} == {"x", "y"}
    assert "audit.denial_unclear" not in caplog.text


@pytest.mark.parametrize("error", [DataError, RuntimeError])
def test_attempt_that_cannot_be_completed_is_counted(db: None, error: Any) -> None:
    def complete(attempt: RefusedAttempt) -> RefusedAttempt:
        raise error

    recorder.note(
        RefusedAttempt("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), complete
    )
    recorder.settle()
    assert only_refused().actor_id == "1"


def test_noted_attempts_are_bounded_and_all_counted(db: None) -> None:
    for _ in range(MAX_NOTED + 500):
        recorder.note(RefusedAttempt("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}))
    assert len(recorder._noted) == MAX_NOTED
    recorder.settle()
    assert sum(row.data["times"] for row in refused_events()) == MAX_NOTED + 500


def test_failing_receiver_changes_no_answer(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("secrets_app.audit.refused_attempts._data_of", fail)
    assert_problem(api(stranger).get(f"{SECRETS}/{make_secret(member).id}"), 404, "not_found")
