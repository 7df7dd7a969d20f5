"""When refused attempts are written, and what becomes of them where they cannot be: the answer is as it was."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import PermissionDenied

from neo_base.rest.refusals import tell
from secrets_app.audit.denials import Denial
from secrets_app.audit.refusals import MAX_NOTED, recorder
from tests.cast import CANARY, Api, ApiClient, make_secret
from tests.contract import SECRETS, assert_problem
from tests.secrets_app.audit.conftest import Later, Unwritable
from tests.secrets_app.audit.denied import denials, only_denial

pytestmark = pytest.mark.django_db


def test_repeats_make_one_row_when_the_minute_is_over_at_whoevers_request(
    api: Api, stranger: Any, member: Any, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    for second in range(20):
        later(second)
        client.get(f"{SECRETS}/{secret.id}")
    assert [row.data["times"] for row in denials()] == [1]
    later(60)
    Client().get("/livez")
    first, summary = denials()
    assert (first.data["times"], summary.data["times"]) == (1, 19)
    assert summary.data["first_at"] < summary.data["last_at"]
    assert summary.subject_id == str(secret.id)


def test_a_repeat_costs_one_query_and_a_request_that_is_not_refused_none(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as repeated:
        client.get(f"{SECRETS}/{secret.id}")
    with CaptureQueriesContext(connection) as missing:
        client.get("/api/v1/nothing")
    assert len([query for query in repeated if "auditentry" in query["sql"].lower()]) == 0
    assert len(repeated) == 3  # Who asks; may he see it; is it there.
    assert len(missing) == 0


def test_at_the_end_of_the_process_the_rest_is_written(api: Api, stranger: Any, member: Any) -> None:
    client, secret = api(stranger), make_secret(member)
    for _ in range(3):
        client.get(f"{SECRETS}/{secret.id}")
    recorder.settle(everything=True)
    assert [row.data["times"] for row in denials()] == [1, 2]


def test_each_process_settles_once_when_it_ends_and_only_in_the_database_of_its_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denial = Denial("access.denied", {"actor_kind": "anonymous"})
    with patch("secrets_app.audit.refusals.Finalize") as finalize:
        for process in (1, 1, 2):
            monkeypatch.setattr("os.getpid", lambda process=process: process)
            recorder.note(denial)
    _, end = finalize.call_args.args
    assert finalize.call_count == 2
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "NAME", "another")
        end()
    assert denials() == []
    end()
    assert only_denial().data["times"] == 3


@pytest.mark.django_db(transaction=True)
def test_the_row_survives_what_the_refusal_rolls_back(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client, secret = api(stranger), make_secret(member)
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(RequestFactory().get("/"), PermissionDenied())
        raise RuntimeError
    client.delete(f"{SECRETS}/{secret.id}")
    assert [row.data["code"] for row in denials()] == ["permission_denied", "not_found"]


# When it cannot be written


@pytest.mark.django_db(transaction=True)
def test_a_refusal_answers_as_ever_where_it_cannot_be_recorded_and_is_recorded_later(
    api: Api, stranger: Any, member: Any, unwritable: Unwritable, caplog: pytest.LogCaptureFixture, later: Later
) -> None:
    client, secret = api(stranger), make_secret(member)
    with unwritable():
        hidden, unknown = client.get(f"{SECRETS}/{secret.id}"), ApiClient(bearer=CANARY).get(SECRETS)
    assert_problem(hidden, 404, "not_found")
    assert_problem(unknown, 401, "invalid_token")
    assert denials() == []
    lines = [record for record in caplog.records if record.name == "secrets_app.audit.refusals"]
    assert [line.getMessage() for line in lines] == ["audit.denials_waiting error=AuditUnavailable"]
    assert lines[0].exc_info is None
    assert CANARY not in caplog.text
    later(61)
    Client().get("/livez")
    assert {row.event for row in denials()} == {"access.denied", "credential.refused"}


def test_a_database_that_does_not_answer_loses_none_and_is_not_asked_again_at_once(
    db: None, later: Later, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def look(denial: Denial) -> Denial:
        asked.append(denial)
        raise OperationalError(CANARY)

    recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), look)
    for _ in range(5):
        recorder.settle()
    assert len(asked) == 1
    later(10)
    recorder.settle()
    assert len(asked) == 2
    assert CANARY not in caplog.text


def test_a_database_that_is_slow_holds_up_one_thread_alone(db: None, caplog: pytest.LogCaptureFixture) -> None:
    looking: list[str] = []

    def look(denial: Denial) -> Denial:
        assert looking == []
        looking.append(denial.data["code"])
        recorder.settle()  # As another thread would, meanwhile.
        looking.pop()
        return denial

    for code in ("x", "y"):
        recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": code}), look)
    recorder.settle()
    assert {row.data["code"] for row in denials()} == {"x", "y"}
    assert "audit.denial_unclear" not in caplog.text


@pytest.mark.parametrize("error", [DataError, RuntimeError])
def test_what_cannot_be_looked_into_is_counted_and_keeps_nothing_from_being_written(db: None, error: Any) -> None:
    def look(denial: Denial) -> Denial:
        raise error

    recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}), look)
    recorder.settle()
    assert only_denial().actor_id == "1"


def test_what_is_noted_is_bounded_and_none_goes_uncounted(db: None) -> None:
    for _ in range(MAX_NOTED + 500):
        recorder.note(Denial("access.denied", {"actor_kind": "user", "actor_id": "1"}, data={"code": "x"}))
    assert len(recorder._noted) == MAX_NOTED
    recorder.settle()
    assert sum(row.data["times"] for row in denials()) == MAX_NOTED + 500


def test_a_receiver_that_fails_changes_no_answer(
    api: Api, stranger: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("secrets_app.audit.refusals.details", fail)
    assert_problem(api(stranger).get(f"{SECRETS}/{make_secret(member).id}"), 404, "not_found")
