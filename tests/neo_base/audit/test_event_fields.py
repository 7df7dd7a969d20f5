"""The kinds of data of audit events: what they accept, and how JSON holds it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from neo_base.audit import event_fields
from neo_base.audit.event_fields import Kind, matching
from tests.cast import CANARY

pytestmark = pytest.mark.once

ID = UUID("0192f0c1-2345-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (event_fields.flag, True, True),
        (event_fields.number, 3, 3),
        (event_fields.word, "secrets:read", "secrets:read"),
        (event_fields.words, {"value"}, ["value"]),
        (event_fields.route, "api/v1/secrets/<uuid:secret_id>", "api/v1/secrets/<uuid:secret_id>"),
        (event_fields.moment, datetime(2026, 1, 2, 4, tzinfo=timezone(timedelta(hours=1))), "2026-01-02T03:00:00Z"),
        (event_fields.moment, None, None),
        (event_fields.identifier, ID, str(ID)),
        (event_fields.identifier, None, None),
    ],
)
def test_value_of_its_kind_is_held_as_json(kind: Kind, value: Any, held: Any) -> None:
    assert kind(value) == held


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (event_fields.flag, 1),
        (event_fields.number, True),
        (event_fields.number, -1),
        (event_fields.number, 2**53),
        (event_fields.number, 1.5),
        (event_fields.word, f"{CANARY} {CANARY}"),
        (event_fields.word, "two words"),
        (event_fields.word, "line\n"),
        (event_fields.word, "w" * 65),
        (event_fields.words, "value"),
        (event_fields.words, ["w"] * 1_001),
        (event_fields.route, "api/v1/secrets?value=1"),
        (event_fields.moment, "2026-01-01"),
        (event_fields.identifier, str(ID)),
    ],
)
def test_value_of_another_kind_is_refused(kind: Kind, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        kind(value)


def test_times_are_utc() -> None:
    assert event_fields.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_own_kind_matches_the_whole_text() -> None:
    form = re.compile(r"v[0-9]+")
    assert matching(form, "v12") == "v12"
    for value in ("v12 and more", 12):
        with pytest.raises((TypeError, ValueError)):
            matching(form, value)
