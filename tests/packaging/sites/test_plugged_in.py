"""Run in a site of others once the wheels are plugged in: the conformance tests, and a secret by every way."""

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from projects.testing import ProjectsTenancy
from secrets_app.models import Secret
from secrets_app.python_api import service_token_for
from secrets_app.testing.conformance import *  # noqa: F403  (the test cases)

VALUE = "foreign-value-0123456789"


@pytest.fixture
def neo_tenancy():
    return ProjectsTenancy()


@pytest.fixture
def operator(db):
    operator = ProjectsTenancy().make_user("neooperator")
    operator.is_staff = operator.is_superuser = True
    operator.save()
    return operator


@pytest.fixture
def browser(operator):
    browser = Browser()
    browser.force_login(operator)
    return browser


def test_through_the_api(operator):
    scopes = ["secrets:read", "secrets:write", "runtime:use"]
    headers = {"Authorization": f"Bearer {service_token_for(operator, name='build', scopes=scopes).text}"}
    for name, path in (("FIRST", "/api/v1/secrets"), ("SECOND", "/api/v1/secrets/")):
        body = {"name": name, "value": VALUE, "default_available": True}
        made = Browser().post(path, body, "application/json", headers=headers)
        assert made.status_code == 201, made.text
        assert VALUE not in made.text
    granted = Browser().post("/api/v1/task-grants", {}, "application/json", headers=headers).json()["token"]
    headers = {"Authorization": f"Bearer {granted}"}
    answer = Browser().post("/api/v1/runtime/environment", {}, "application/json", headers=headers)
    assert answer.json()["environment"] == {"FIRST": VALUE, "SECOND": VALUE}


def test_through_the_admin(browser):
    form = {"name": "BY_HAND", "new_value": VALUE, "project": "", "description": ""}
    added = browser.post(reverse("admin:secrets_app_secret_add"), form, follow=True)
    listed = browser.get(reverse("admin:secrets_app_secret_changelist"))
    assert Secret.objects.get().name == "BY_HAND", added.text
    assert "BY_HAND" in listed.text
    assert VALUE not in added.text + listed.text


def test_through_the_pages(browser):
    shown = browser.post(reverse("neo_pages:secret_new"), {"name": "ON_A_PAGE", "value": VALUE}, follow=True)
    assert Secret.objects.get().name == "ON_A_PAGE", shown.text
    assert "ON_A_PAGE" in browser.get(reverse("neo_pages:secrets")).text
    assert VALUE not in shown.text


def test_nothing_is_to_be_mended(db):
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", "projects", "secrets_app", check_changes=True, dry_run=True)
