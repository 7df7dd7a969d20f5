"""The catalogue of audit events: which events it takes, and when."""

from __future__ import annotations

import pytest
from django.apps import apps

from neo_base.audit.catalogue import CannotRegister, Catalogue, Event, UndeclaredData, UnknownEvent, catalogue
from neo_base.audit.event_fields import number
from tests.cast import CANARY

pytestmark = pytest.mark.once

DONE = Event("thing.done", "thing", "A thing was done.", {"count": number})


@pytest.fixture
def open_catalogue(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue of its own, while Django loads the apps."""
    monkeypatch.setattr(apps, "ready", False)
    return Catalogue()


def test_registered_event_is_found(open_catalogue: Catalogue) -> None:
    open_catalogue.register(DONE, Event("thing.undone", "thing", "A thing was undone."))
    assert open_catalogue.named("thing.done") is DONE
    assert list(open_catalogue) == ["thing.done", "thing.undone"]


def test_second_event_of_a_name_raises(open_catalogue: Catalogue) -> None:
    open_catalogue.register(DONE)
    with pytest.raises(CannotRegister, match=r"thing\.done is registered already"):
        open_catalogue.register(Event("thing.done", "thing", "A thing was done.", {"count": number}))


def test_same_object_may_register_again(open_catalogue: Catalogue) -> None:
    # Django calls `ready()` again for tests that override INSTALLED_APPS.
    open_catalogue.register(DONE)
    open_catalogue.register(DONE)
    assert len(open_catalogue) == 1


def test_registering_after_the_apps_are_ready_raises() -> None:
    with pytest.raises(CannotRegister, match=r"thing\.done comes too late"):
        catalogue.register(DONE)
    assert "thing.done" not in catalogue


@pytest.mark.parametrize("name", ["done", "Thing.done", "thing.", "thing done.x", "thing.done\n", "t" * 44 + ".done"])
def test_malformed_name_raises(open_catalogue: Catalogue, name: str) -> None:
    with pytest.raises(CannotRegister, match="malformed"):
        open_catalogue.register(Event(name, "thing", "A thing was done."))


@pytest.mark.parametrize("subject", ["", "Thing", "a thing", "t" * 17])
def test_malformed_subject_raises(open_catalogue: Catalogue, subject: str) -> None:
    with pytest.raises(CannotRegister, match="malformed subject"):
        open_catalogue.register(Event("thing.done", subject, "A thing was done."))


def test_unknown_event_raises_when_recorded_and_not_when_read() -> None:
    with pytest.raises(UnknownEvent, match=r"No app has registered the event thing\.seen"):
        catalogue.named("thing.seen")
    assert catalogue.get("thing.seen") is None


def test_undeclared_data_raises_without_the_value() -> None:
    with pytest.raises(UndeclaredData, match="does not declare value") as raised:
        DONE.checked({"value": CANARY})
    assert CANARY not in repr(raised.value)


def test_data_of_another_kind_raises_without_the_value() -> None:
    with pytest.raises(UndeclaredData, match="count") as raised:
        DONE.checked({"count": CANARY})
    assert CANARY not in repr(raised.value)
    assert raised.value.__cause__ is None
