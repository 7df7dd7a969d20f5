"""The registry: what is not in it cannot be written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from secrets_app.audit import data
from secrets_app.audit.events import EVENTS, Event, UndeclaredData, UnknownEvent, _registered, checked, event_named
from secrets_app.models import AuditEntry
from tests.cast import CANARY

ID = UUID("0192f0c1-2345-7000-8000-000000000001")


def column(name: str) -> int:
    length: int = AuditEntry._meta.get_field(name).max_length  # type: ignore[union-attr, assignment]
    return length


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.name)
def test_an_event_is_a_subject_and_a_participle_and_fits_its_columns(event: Event) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(ed|en|gun)", event.name)
    assert len(event.name) <= column("event")
    assert len(event.subject) <= column("subject_kind")
    assert event.says.endswith(".")


def test_an_event_that_is_listed_twice_is_an_error() -> None:
    twice = Event("a.done", "a", "Twice.")
    with pytest.raises(ValueError, match=r"a\.done is listed twice"):
        _registered((twice, twice))


def test_an_event_that_is_not_listed_is_an_error() -> None:
    with pytest.raises(UnknownEvent, match=r"secret\.seen is not among the events"):
        event_named("secret.seen")


def test_data_that_an_event_does_not_declare_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(UndeclaredData) as raised:
        checked(EVENTS["secret.created"], {"value": CANARY})
    assert "value" in str(raised.value)
    assert CANARY not in repr(raised.value)


def test_data_of_another_kind_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(UndeclaredData) as raised:
        checked(EVENTS["secret.deleted"], {"version": CANARY})
    assert CANARY not in repr(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (data.flag, True, True),
        (data.number, 3, 3),
        (data.word, "secrets:read", "secrets:read"),
        (data.words, {"value"}, ["value"]),
        (data.route, "api/v1/secrets/<uuid:secret_id>", "api/v1/secrets/<uuid:secret_id>"),
        (data.moment, datetime(2026, 1, 2, 4, tzinfo=timezone(timedelta(hours=1))), "2026-01-02T03:00:00Z"),
        (data.moment, None, None),
        (data.identifier, ID, str(ID)),
        (data.exposed, [{"id": ID, "name": "A", "version": 2}], [{"id": str(ID), "name": "A", "version": 2}]),
    ],
)
def test_what_is_of_a_kind_is_held_as_json(kind: data.Kind, value: Any, held: Any) -> None:
    assert kind(value) == held


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (data.flag, 1),
        (data.number, True),
        (data.number, -1),
        (data.number, 2**53),
        (data.number, 1.5),
        (data.word, CANARY),
        (data.word, "two words"),
        (data.word, "line\n"),
        (data.word, "w" * 65),
        (data.words, "value"),
        (data.words, ["w"] * 1_001),
        (data.route, "api/v1/secrets?value=1"),
        (data.moment, "2026-01-01"),
        (data.identifier, str(ID)),
        (data.exposed, [{"id": ID, "name": "a value", "version": 2}]),
        (data.exposed, [{"id": ID, "name": "A"}]),
    ],
)
def test_what_is_not_of_a_kind_is_refused(kind: data.Kind, value: Any) -> None:
    # CANARY is a word of letters, digits and hyphens; a value of such a form would be the code's own mistake.
    with pytest.raises((TypeError, ValueError, KeyError)):
        kind(value if value is not CANARY else f"{CANARY} {CANARY}")


def test_times_are_utc() -> None:
    assert data.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
