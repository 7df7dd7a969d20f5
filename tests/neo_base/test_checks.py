"""System checks of the settings in `NEO_BASE`, and of the labels of our apps."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base import checks
from neo_base.access.actors import Origin
from neo_base.apps import installed_apps
from tests.nonsense import NONSENSE


def found(settings: Any, values: Any) -> list[str | None]:
    settings.NEO_BASE = values
    every = [checks.settings_are_a_dictionary, checks.settings_are_known, checks.client_address_loads]
    every.append(checks.settings_have_their_types)
    return [message.id for check in every for message in check()]


@pytest.mark.parametrize(
    "values", [{}, {"CLIENT_ADDRESS": "neo_base.access.client_addresses.remote_address"}, {"QUICK_WAY": False}]
)
def test_sound_settings_pass(settings: Any, values: dict[str, Any]) -> None:
    assert found(settings, values) == []


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({"CLIENT_ADDRESS": "neo_base.access.client_addresses.nobody"}, ["neo_base.E003"]),
        ({"CLIENT_ADDRESS": "neo_base.access.client_addresses.__doc__"}, ["neo_base.E003"]),
        ({"CLIENT_ADDRESS": ""}, ["neo_base.E003"]),
        ({"CLIENT_ADRESS": "x"}, ["neo_base.E002"]),
        ({"QUICK_WAY": "false"}, ["neo_base.E005"]),
    ],
)
def test_each_mistake_has_its_message(settings: Any, values: dict[str, Any], ids: list[str]) -> None:
    assert found(settings, values) == ids


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
def test_no_nonsense_ends_a_check(settings: Any, value: Any) -> None:
    assert found(settings, {"CLIENT_ADDRESS": value}) == ["neo_base.E003"]


@pytest.mark.parametrize("value", [None, [], "CLIENT_ADDRESS", 7])
def test_a_setting_that_is_no_dictionary_leaves_the_default(settings: Any, rf: Any, value: Any) -> None:
    assert found(settings, value) == ["neo_base.E001"]
    assert Origin.of(rf.get("/", REMOTE_ADDR="192.0.2.1")).client_address == "192.0.2.1"


def test_our_apps_keep_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.apps_keep_their_labels() == []
    monkeypatch.setattr(installed_apps()["projects"], "label", "tenancy")
    assert [message.id for message in checks.apps_keep_their_labels()] == ["neo_base.E004"]
