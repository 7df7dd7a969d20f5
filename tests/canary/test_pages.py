"""No value on a page of people, in what a page leaves behind, or in its address: after storing, after failing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from neo_pages.forms.fields import WriteOnlyTextarea
from projects.models import Project
from secrets_app.models import Secret
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.cast import make_project, make_secret
from tests.contract import stored_value

pytestmark = pytest.mark.once

NEW, IMPORT, LIST = (reverse(f"neo_pages:{name}") for name in ("secret_new", "secret_import", "secrets"))


@pytest.fixture
def secret(member: Any, canary: Canary) -> Secret:
    """A personal secret whose value is the canary."""
    return make_secret(member, name="TAKEN", value=canary.value)


@pytest.fixture
def browser(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def routes(resolver: Any) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        yield from routes(entry) if isinstance(entry, URLResolver) else [entry]


def addresses(secret: Secret, project: Project) -> Iterator[str]:
    """Every address of the pages that these two have."""
    known = {"secret_id": secret.pk, "project_id": project.pk, "version": 1}
    (pages,) = (each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "neo_pages")
    for route in routes(pages):
        names = route.pattern.converters
        if names.keys() <= known.keys():
            yield reverse(f"neo_pages:{route.name}", kwargs={name: known[name] for name in names})


def left_behind(client: Client) -> list[Any]:
    """What an answer leaves beside itself: cookies, rows of sessions, the cache."""
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return [client.cookies.output(), *sessions, *places.inside(cache)]


def test_no_page_shows_the_value(secret: Secret, member: Any, browser: Client, canary: Canary) -> None:
    project = make_project(member, name="Beyond")
    make_secret(member, name="SHARED", value=canary.value, project_id=project.pk)
    walked = list(addresses(secret, project))
    assert len(walked) >= 12
    for address in walked:
        for query in ("", f"?project={project.pk}", "?search=e&filter=always_on&order=-updated_at"):
            page = browser.get(address + query)
            assert page.status_code in (200, 404, 405), address
            assert canary.found_in(*places.answer(page)) == [], address
    assert canary.found_in(*left_behind(browser)) == []


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "stored": (NEW, {"name": "GOOD", "value": "{it}"}),
    "name taken": (NEW, {"name": "TAKEN", "value": "{it}"}),
    "name missing": (NEW, {"value": "{it}"}),
    "name is the value": (NEW, {"name": "-", "value": "{it}"}),
    "expiry wrong": (NEW, {"name": "GOOD", "value": "{it}", "expires_at": "soon"}),
    "too long": (NEW, {"name": "GOOD", "value": "{it}" * 300}),
    "sent to another form": (LIST, {"act": "on", "value": "{it}", "chosen": "{it}"}),
    "new value": ("secret_value", {"value": "{it}"}),
    "value in another field": ("secret_edit", {"name": "TAKEN", "value": "{it}"}),
    "preview": (IMPORT, {"text": "TAKEN='{it}'\nOTHER=\"{it}\"", "on_conflict": "rename", "preview": "1"}),
    "imported": (IMPORT, {"text": "OTHER='{it}'", "on_conflict": "refuse"}),
    "import refused": (IMPORT, {"text": "TAKEN='{it}'", "on_conflict": "refuse"}),
    "line wrong": (IMPORT, {"text": "A=1\n{it}", "on_conflict": "refuse"}),
    "reference wrong": (IMPORT, {"text": "A='${{{it}}}'", "on_conflict": "refuse"}),
    "choice wrong": (IMPORT, {"text": "A='{it}'", "on_conflict": "steal"}),
}


def send(browser: Client, secret: Secret, case: str, value: str) -> Iterator[Any]:
    """Send the form; yield its answer, and the page to which that leads."""
    where, fields = FORMS[case]
    address = where if where.startswith("/") else reverse(f"neo_pages:{where}", args=[secret.pk])
    answer = browser.post(address, {name: text.replace("{it}", value) for name, text in fields.items()})
    yield answer
    if answer.status_code == 302:
        yield browser.get(answer.headers["Location"])


@pytest.mark.parametrize("case", FORMS)
def test_no_answer_to_a_form_holds_the_value(
    case: str, secret: Secret, browser: Client, canary: Canary, log: Log
) -> None:
    for answer in send(browser, secret, case, canary.value.replace("'", "")):
        assert answer.status_code in (200, 302)
        assert answer.headers["Cache-Control"] == "no-store"
        assert canary.found_in(*places.answer(answer)) == []
    assert canary.found_in(*left_behind(browser), log()) == []


def test_the_forms_of_this_test_reach_the_store(secret: Secret, browser: Client, canary: Canary) -> None:
    """Or they would find nothing, since nothing was sent."""
    value = canary.value.replace("'", "")
    for case in ("stored", "new value", "imported"):
        list(send(browser, secret, case, value))
    assert [stored_value(each.pk) for each in Secret.objects.order_by("name")] == [value] * 3


@pytest.mark.parametrize("case", ["name taken", "choice wrong"])
def test_a_field_that_kept_the_value_would_be_found(
    case: str, secret: Secret, browser: Client, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a leak that somebody plants."""
    monkeypatch.setattr(WriteOnlyTextarea, "format_value", lambda _widget, value: value)
    (answer,) = send(browser, secret, case, canary.value.replace("'", ""))
    assert canary.found_in(*places.answer(answer)) != []
