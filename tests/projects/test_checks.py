"""System checks of the settings in `PROJECTS`."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks

from projects import checks
from projects.conf import Settings, conf
from tests.nonsense import NONSENSE

# From Django 6.1 on, checks of models ask the database what it can do.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

KEYS = [name.upper() for name, value in vars(Settings).items() if isinstance(value, property)]
# The odd values below that are valid for these settings all the same.
SOUND: dict[str, tuple[Any, ...]] = {
    "TEAM_ROLE": (None,),
    "INVITATION_URL": ("",),
    "INVITATION_EMAIL_MUST_MATCH": (True,),
}
GOOD_URL = "https://secrets.example.com/invitation#{token}"


def found(settings: Any, values: dict[str, Any]) -> list[str | None]:
    settings.PROJECTS = values
    every = [
        checks.invitations_last,
        checks.invitation_url_takes_the_token,
        checks.team_role_is_harmless,
        checks.invitation_token_stays_out_of_logs,
        checks.settings_are_known,
        checks.settings_are_a_dictionary,
        checks.matching_is_on_or_off,
    ]
    return [message.id for check in every for message in check()]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"INVITATION_SECONDS": 1},
        {"INVITATION_URL": GOOD_URL},
        {"INVITATION_URL": "http://localhost:3000/#/join/{token}"},
        {"INVITATION_EMAIL_MUST_MATCH": False},
        {"TEAM_ROLE": None},
        {"TEAM_ROLE": "viewer"},
        {"TEAM_ROLE": "member"},
    ],
)
def test_sound_settings_pass(settings: Any, values: dict[str, Any]) -> None:
    assert found(settings, values) == []


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({"INVITATION_SECONDS": 0}, ["projects.E001"]),
        ({"INVITATION_SECONDS": -1}, ["projects.E001"]),
        ({"INVITATION_SECONDS": "604800"}, ["projects.E001"]),
        ({"INVITATION_SECONDS": True}, ["projects.E001"]),
        ({"INVITATION_EMAIL_MUST_MATCH": "no"}, ["projects.E006"]),
        ({"INVITATION_URL": "https://[/{token}"}, ["projects.E002", "projects.W001"]),
        ({"INVITATION_URL": "https://secrets.example.com/"}, ["projects.E002"]),
        ({"INVITATION_URL": f"{GOOD_URL}{{token}}"}, ["projects.E002"]),
        ({"INVITATION_URL": "javascript:{token}"}, ["projects.E002", "projects.W001"]),
        ({"INVITATION_URL": "/invitation#{token}"}, ["projects.E002"]),
        ({"INVITATION_URL": "https://secrets.example.com/{token}"}, ["projects.W001"]),
        ({"INVITATION_URL": "https://secrets.example.com/?token={token}"}, ["projects.W001"]),
        ({"TEAM_ROLE": "admin"}, ["projects.E003"]),
        ({"TEAM_ROLE": "Viewer"}, ["projects.E003"]),
        ({"TEAM_ROLE": ""}, ["projects.E003"]),
        ({"CLIENT_ADDRESS": "neo_base.access.client_addresses.remote_address"}, ["projects.E007"]),
        ({"TEAM_ROLES": "viewer"}, ["projects.E007"]),
    ],
)
def test_each_mistake_has_its_message(settings: Any, values: dict[str, Any], ids: list[str]) -> None:
    assert found(settings, values) == ids


@pytest.mark.parametrize("value", [None, [], "TEAM_ROLE", 7, {"TEAM_ROLE"}])
def test_a_setting_that_is_no_dictionary_leaves_the_defaults(settings: Any, value: Any) -> None:
    assert found(settings, value) == ["projects.E005"]
    assert (conf.team_role, conf.invitation_email_must_match) == (None, True)


@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_no_nonsense_ends_a_check(settings: Any, key: str, value: Any) -> None:
    settings.PROJECTS = {key: value}
    messages = [each for each in run_checks() if str(each.id).startswith("projects.")]
    assert all(key in each.msg for each in messages)
    assert messages or value in SOUND.get(key, ())


def test_a_site_without_the_dictionary_has_the_defaults(settings: Any) -> None:
    del settings.PROJECTS
    assert (conf.invitation_seconds, conf.invitation_url) == (604_800, "")
    assert (conf.invitation_email_must_match, conf.team_role) == (True, None)
