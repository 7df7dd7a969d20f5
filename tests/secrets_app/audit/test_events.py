"""The registered events: their form, and the kind of data that names exposed secrets."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from neo_base.audit.catalogue import Event, catalogue
from neo_site.accounts.audit_events import EVENTS as ACCOUNT_EVENTS
from neo_site.audit_events import EVENTS as USER_EVENTS
from neo_site.backups.audit_events import EVENTS as BACKUP_EVENTS
from neo_site.signin.audit_events import EVENTS as SIGN_IN_EVENTS
from projects.audit_events import EVENTS as PROJECT_EVENTS
from secrets_app.audit.events import EVENTS, exposed

ID = UUID("0192f0c1-2345-7000-8000-000000000001")


def test_catalogue_holds_the_events_of_each_app() -> None:
    registered = [*SIGN_IN_EVENTS, *PROJECT_EVENTS, *EVENTS, *USER_EVENTS, *BACKUP_EVENTS, *ACCOUNT_EVENTS]
    assert list(catalogue.values()) == registered
    assert len(catalogue) == 69


@pytest.mark.parametrize("event", catalogue.values(), ids=lambda event: event.name)
def test_event_is_a_subject_and_a_participle(event: Event) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.([a-z]+(ed|en|gun|drawn)|made)", event.name)
    assert event.says.endswith(".")


def test_exposed_secrets_are_held_as_json() -> None:
    assert exposed([{"id": ID, "name": "A", "version": 2}]) == [{"id": str(ID), "name": "A", "version": 2}]


@pytest.mark.parametrize("value", [[{"id": ID, "name": "a value", "version": 2}], [{"id": ID, "name": "A"}], "A"])
def test_other_values_are_no_exposed_secrets(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        exposed(value)
