"""No value on the pages that Django shows developers, with DEBUG: of errors, and of addresses that are not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from secrets_app import vault
from secrets_app.actions import creation, secrets
from secrets_app.models import Secret
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.usage import SECRETS
from tests.cast import Api, make_secret

pytestmark = pytest.mark.once

ADD = reverse("admin:secrets_app_secret_add")
NOWHERE = [
    "/nowhere",
    "/admin/nowhere/",
    "/admin/secrets_app/secret/nowhere/change/",
    "/api/nowhere",
    "/api/v1/nowhere",
]
CHANGING = (creation, secrets)
HOLES = [(CHANGING, "require"), (CHANGING, "announce"), ((vault,), "SecretContext")]
AT = pytest.mark.parametrize(("targets", "name"), HOLES, ids=[name for _, name in HOLES])


@pytest.fixture(autouse=True)
def _debug(settings: Any) -> None:
    settings.DEBUG = True


@pytest.fixture
def secret(superuser: Any, canary: Canary) -> Secret:
    return make_secret(superuser, value=canary.value)


@pytest.fixture
def operator(superuser: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(superuser)
    return client


def change(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_change", args=[secret.pk])


def fail(value: str) -> Any:
    """As the worst of libraries would: the value in a variable and in the message."""

    def failing(*_: Any, **__: Any) -> Any:
        local = {"value": value}
        raise RuntimeError(f"cannot store {local['value']}")

    return failing


@AT
def test_no_page_of_a_failed_form_shows_the_value(
    targets: tuple[Any, ...],
    name: str,
    operator: Client,
    secret: Secret,
    canary: Canary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for target in targets:
        monkeypatch.setattr(target, name, fail(canary.value))
    for address, form in ((ADD, {"name": "NEW"}), (change(secret), {"description": ""})):
        page = operator.post(f"{address}?{canary.sought[0]}", form | {"new_value": canary.value})
        assert page.status_code == 500
        assert b"RuntimeError" in page.content
        assert canary.found_in(*places.answer(page)) == []


@AT
def test_no_answer_of_the_api_shows_the_value(
    targets: tuple[Any, ...],
    name: str,
    api: Api,
    superuser: Any,
    secret: Secret,
    canary: Canary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = api(superuser)
    for target in targets:
        monkeypatch.setattr(target, name, fail(canary.value))
    for answer in (
        client.post(SECRETS, {"name": "NEW", "value": canary.value}),
        client.patch(f"{SECRETS}/{secret.id}", {"value": canary.value}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert canary.found_in(*places.answer(answer)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", NOWHERE)
def test_no_page_of_an_unknown_address_shows_the_value(address: str, operator: Client, canary: Canary) -> None:
    operator.cookies["value"] = canary.sought[0]
    page = operator.post(address, {"new_value": canary.value}, headers={"X-Value": canary.sought[0]})
    assert page.status_code in (302, 404)
    assert canary.found_in(*places.answer(page)) == []


def test_a_planted_leak_would_be_found_on_the_page(
    operator: Client, canary: Canary, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Django's own report shows of the same error."""
    settings.DEFAULT_EXCEPTION_REPORTER = "django.views.debug.ExceptionReporter"
    monkeypatch.setattr(creation, "require", fail(canary.value))
    page = operator.post(ADD, {"name": "NEW", "new_value": canary.value})
    assert page.status_code == 500
    assert canary.found_in(*places.answer(page))
