"""The system checks of the settings: each error has its id, and no message contains a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry

from secrets_app.checks.settings import settings_are_a_dictionary
from secrets_app.conf import Settings
from tests.cast import CANARY
from tests.nonsense import NONSENSE, TEXTS

# Needs the database: from Django 6.1 on, checks of models ask what it supports.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Those of Django and of other packages take most of the time, and nearly all of these cases are about ours.
OURS = [check for check in registry.get_checks() if check.__module__.startswith(("secrets_app.", "neo_", "projects."))]
KEYS = [name.upper() for name, value in vars(Settings).items() if isinstance(value, property)]
# Values that are valid for a setting, or for a setting that is not read while the keys come from a file.
SOUND: dict[str, tuple[Any, ...]] = {
    "QUARANTINE_AGENT_SECRETS": (True,),
    "KEY_VARIABLE": TEXTS,
    "KMS_KEY": TEXTS,
    "CHECKPOINTS": ("",),
    "SIGN_IN_AGE_SECONDS": (None,),
    "MAX_SERVICE_TOKEN_DAYS": (None,),
    "MAX_BYTES_PER_USER_AND_DAY": (None,),
    "MAX_DATABASE_BYTES": (None,),
}


def problems(settings: Any, **changes: Any) -> dict[str | None, str]:
    settings.SECRETS_APP = settings.SECRETS_APP | changes
    found = [message for check in OURS for message in check(app_configs=None, databases=None)]
    return {message.id: f"{message.msg} {message.hint}" for message in found}


def test_the_settings_of_the_site_pass(settings: Any) -> None:
    assert problems(settings) == {}
    assert {message.id for message in run_checks()} <= {"urls.W005"}


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("key", KEYS)
def test_all_checks_find_what_ours_find(key: str, settings: Any) -> None:
    found = problems(settings, **{key: ["nonsense"]})
    assert found
    assert {message.id for message in run_checks()} - {"urls.W005"} == set(found)


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0o600, "There is no key file"),
        ("", 0o600, "holds no key"),
        ("main:c2hvcnQ=", 0o600, "5 bytes long"),
        ("no colon", 0o600, "There is no colon"),
        ("main:dGhpcy1pcy1hbi1leGFtcGxlLW5vdC1hLXNlY3JldCE=", 0o600, "the example"),
        ("main:dGhpcy1pcy1ub3QtdGhlLWV4YW1wbGUtYnV0LWEtay4=", 0o644, "chmod 600"),
    ],
)
def test_a_key_file_that_is_refused_is_an_error(
    content: str | None, mode: int, said: str, settings: Any, tmp_path: Path
) -> None:
    file = tmp_path / "master.keys"
    file.write_text(content or "")
    file.chmod(mode)
    wanted = file if content is not None else tmp_path / "missing"
    found = problems(settings, KEY_PROVIDER="file", KEY_FILE=str(wanted))
    assert list(found) == ["secrets_app.E001"]
    assert said in found["secrets_app.E001"]
    assert not [line for line in (content or "").split(":")[1:] if line in found["secrets_app.E001"]]


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize(
    "changes",
    [
        {"KEY_PROVIDER": "file", "KEY_FILE": ""},
        {"KEY_PROVIDER": "env", "KEY_VARIABLE": "NEO_NO_SUCH_VARIABLE"},
        {"KEY_PROVIDER": "no.such.provider"},
    ],
)
def test_a_provider_without_keys_is_an_error(changes: dict[str, str], settings: Any) -> None:
    assert list(problems(settings, **changes)) == ["secrets_app.E001"]


@pytest.mark.parametrize("name", ["MAX_SECRETS_PER_SCOPE", "VERSIONS_KEPT"])
@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_an_error_that_names_it(name: str, limit: int, settings: Any) -> None:
    found = problems(settings, **{name: limit})
    assert list(found) == ["secrets_app.E002"]
    assert name in found["secrets_app.E002"]


@pytest.mark.parametrize("value", [None, [], "KEY_FILE", 7, {"KEY_FILE"}])
def test_a_setting_that_is_no_dictionary_is_an_error(value: Any, settings: Any) -> None:
    settings.SECRETS_APP = value
    assert [each.id for each in settings_are_a_dictionary()] == ["secrets_app.E021"]
    assert "secrets_app.E021" in {each.id for each in run_checks()}


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("value", NONSENSE, ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_no_nonsense_ends_a_check(key: str, value: Any, settings: Any) -> None:
    found = problems(settings, **{key: value})
    assert set(found) <= {
        "secrets_app.E001",
        "secrets_app.E002",
        "secrets_app.E003",
        "secrets_app.E015",
        "secrets_app.E019",
        "secrets_app.E022",
        "secrets_app.E023",
        "secrets_app.E024",
        "secrets_app.W013",
    }
    assert found or value in SOUND.get(key, ())


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("provider", ["file", "env"])
@pytest.mark.parametrize("key", sorted({*KEYS} - {"KEY_FILE"}))
def test_no_message_repeats_what_may_be_a_key(key: str, provider: str, settings: Any) -> None:
    for value in (f"main:{CANARY}", f"bad.{CANARY}", f"\ud800{CANARY}", f"\0{CANARY}", [CANARY], {CANARY: CANARY}):
        found = problems(settings, **{"KEY_PROVIDER": provider, key: value})
        assert CANARY not in str(found)


@pytest.mark.parametrize("path", ["no.such.Policy", "projects.models.Project", "neo_base.access.roles.Role"])
def test_a_class_that_is_no_membership_policy_is_an_error(path: str, settings: Any) -> None:
    assert list(problems(settings, MEMBERSHIP_POLICY=path)) == ["secrets_app.E003"]
