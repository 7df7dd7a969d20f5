"""The system checks of what a site brings along: for each, a site that gets its id and a hint."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections
from rest_framework.authentication import SessionAuthentication

from secrets_app.checks.site import (
    database_is_supported,
    rows_share_one_database,
    sqlite_transactions_are_immediate,
)

# Needs the database: from Django 6.1 on, checks of models ask what it supports.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


class WithoutCSRF(SessionAuthentication):
    def enforce_csrf(self, request: Any) -> None:
        return


class AwayFromUsers:
    def db_for_write(self, model: Any, **_: Any) -> str | None:
        return "elsewhere" if model._meta.app_label == "secrets_app" else None


class FromACopy:
    def db_for_read(self, model: Any, **_: Any) -> str:
        return "copy"


def found(*, deploy: bool = False) -> dict[str | None, Any]:
    messages = run_checks(include_deployment_checks=deploy)
    return {each.id: each for each in messages if str(each.id).startswith("secrets_app.")}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRETS_APP_PROJECT_MODEL", "nowhere.Project", "secrets_app.E011"),
        ("SECRETS_APP_PROJECT_MODEL", "Project", "secrets_app.E011"),
        ("SECRETS_APP_PROJECT_MODEL", "auth.Group", "secrets_app.E012"),
        ("SECRETS_APP_PROJECT_MODEL", "auth.Group", "secrets_app.E014"),
        ("SECRETS_APP_PROJECT_MODEL", "auth.Group", "secrets_app.E015"),
        ("MIGRATION_MODULES", {"projects": None}, "secrets_app.E013"),
        ("DATABASE_ROUTERS", [f"{__name__}.FromACopy"], "secrets_app.W010"),
        ("USE_TZ", False, "secrets_app.E018"),
        ("ROOT_URLCONF", "neo_site.signin.urls", "secrets_app.W012"),
    ],
)
def test_what_does_not_fit_is_said(name: str, value: Any, expected: str, settings: Any) -> None:
    setattr(settings, name, value)
    assert expected in found()
    assert found()[expected].hint


def test_secrets_apart_from_users_are_an_error(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.AwayFromUsers"]
    assert [each.id for each in rows_share_one_database()] == ["secrets_app.E016"]


def test_a_database_that_is_not_tested_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "mysql")
    assert [each.id for each in database_is_supported()] == ["secrets_app.E017"]


def test_a_mistyped_setting_is_an_error_that_names_the_one_that_was_meant(settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"KEYFILE": "/somewhere"}
    assert found()["secrets_app.E010"].hint == "Did you mean 'KEY_FILE'?"


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([], {"secrets_app.E019", "secrets_app.W013"}),
        ([f"{__name__}.WithoutCSRF"], {"secrets_app.E020", "secrets_app.W013"}),
        (["rest_framework.authentication.SessionAuthentication"], {"secrets_app.W013"}),
        (
            [
                "neo_site.signin.authentication.SessionTokenAuthentication",
                "secrets_app.api.authentication.ServiceTokenAuthentication",
            ],
            {"secrets_app.W013"},
        ),
        (
            [
                "rest_framework.authentication.SessionAuthentication",
                "secrets_app.api.authentication.ServiceTokenAuthentication",
            ],
            set(),
        ),
    ],
)
def test_authentication_classes_are_looked_at(classes: list[str], expected: set[str], settings: Any) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert set(found()) == expected


def test_passwords_at_the_api_without_limits_are_a_warning_at_deployment(settings: Any) -> None:
    basic = "rest_framework.authentication.BasicAuthentication"
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [basic]}
    assert "secrets_app.W014" in found(deploy=True)


@pytest.mark.parametrize(("mode", "expected"), [("DEFERRED", {"secrets_app.W011"}), ("IMMEDIATE", set())])
def test_sqlite_has_to_begin_its_transactions_at_once(
    mode: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    monkeypatch.setitem(connections["default"].settings_dict, "OPTIONS", {"transaction_mode": mode})
    assert {each.id for each in sqlite_transactions_are_immediate()} == expected
