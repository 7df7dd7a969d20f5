"""No value on a page of the admin: every page of every model that is registered, after creating and after failing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from neo_base.access.roles import Role
from projects.models import Project
from secrets_app import vault
from secrets_app.models import AuditEvent, Secret
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.canary.usage import use
from tests.cast import ApiClient, make_project, make_user

pytestmark = [pytest.mark.once, pytest.mark.django_db]

ADD = reverse("admin:secrets_app_secret_add")
LIST = reverse("admin:secrets_app_secret_changelist")
# Whatever the site registers: a model that is added later is walked as well.
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def change(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_change", args=[secret.pk])


def pages() -> list[str]:
    """The pages that are there for the site as a whole."""
    labels = sorted({model._meta.app_label for model in MODELS})
    own = [reverse(f"admin:{name}") for name in ("index", "jsi18n")]
    return own + [reverse("admin:app_list", args=[label]) for label in labels]


def pages_of(model: type[Model]) -> Iterator[str]:
    """List and form of a model, and of each of its rows: form, history, deletion."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield from (reverse(f"{name}_{page}") for page in ("changelist", "add"))
    for row in model._base_manager.all():
        yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))
        yield f"{reverse(f'{name}_change', args=[row.pk])}?_popup=1&_to_field={model._meta.pk.attname}"


def links_on(page: str, path: str) -> set[str]:
    """Where the filters, the headings and the pages of a list lead."""
    return {path + unescape(query) for query in re.findall(r'href="(\?[^"]*)"', page)}


def autocomplete_pages() -> Iterator[str]:
    for model in MODELS:
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created:
                where = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}"
                yield f"{reverse('admin:autocomplete')}?term=T&{where}&field_name={field.name}"


class Day(NamedTuple):
    """What a day of use left behind."""

    canary: Canary
    operator: Any
    project: Project


@pytest.fixture(scope="module")
def day(kept_for_the_module: None) -> Day:
    """A day of use through the API and through the forms, by an operator among others."""
    operator, member = make_user("operator", is_staff=True, is_superuser=True), make_user("member")
    day = Day(Canary(), operator, make_project(make_user("admin"), name="Alpha", member=Role.MEMBER))
    use(ApiClient(member), day.project, day.canary)
    fill_in_forms(day)
    return day


def fill_in_forms(day: Day) -> None:
    client, value = Client(), day.canary.value
    client.force_login(day.operator)
    shared = {"name": "FORM_SHARED", "new_value": value, "project": str(day.project.pk), "description": "By form"}
    for data in ({"name": "FORM", "new_value": value}, shared):
        assert client.post(ADD, data).status_code == 302
    secret = Secret.objects.get(name="FORM")
    assert client.post(change(secret), {"description": "", "new_value": f"{value}2"}).status_code == 302
    assert vault.open_value(Secret.objects.get(name="FORM")).reveal() == f"{value}2"
    assert AuditEvent.objects.filter(actor_kind="staff").count() >= 3


@pytest.fixture
def operator(client: Client, day: Day) -> Client:
    client.force_login(day.operator)
    return client


@pytest.fixture
def used(day: Day) -> Canary:
    return day.canary


def test_the_models_of_these_apps_are_walked() -> None:
    assert {"Secret", "DataKey", "Project"} <= {model.__name__ for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_page_of_a_model_shows_the_value(model: type[Model], operator: Client, used: Canary) -> None:
    for path in pages_of(model):
        page = operator.get(path, follow=True)
        assert page.status_code in (200, 403), path
        assert used.found_in(*places.answer(page)) == [], path


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_filter_order_or_search_shows_the_value(model: type[Model], operator: Client, used: Canary) -> None:
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    first = operator.get(path).content.decode()
    for link in (*links_on(first, path), f"{path}?q=TOKEN", f"{path}?q=FORM", f"{path}?o=1.2", f"{path}?all="):
        page = operator.get(link, follow=True)
        assert page.status_code == 200, link
        assert used.found_in(*places.answer(page)) == [], link


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_confirmation_of_a_bulk_deletion_hides_the_value(
    model: type[Model], operator: Client, used: Canary
) -> None:
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    chosen = [str(row.pk) for row in model._base_manager.all()]
    page = operator.post(path, {"action": "delete_selected", "_selected_action": chosen}, follow=True)
    assert page.status_code in (200, 403)
    assert used.found_in(*places.answer(page)) == []


def test_no_page_of_the_site_shows_the_value(operator: Client, used: Canary) -> None:
    for path in (*pages(), *autocomplete_pages()):
        page = operator.get(path)
        assert page.status_code in (200, 403), path
        assert used.found_in(*places.answer(page)) == [], path


def test_a_list_can_be_ordered_by_no_ciphertext(operator: Client, used: Canary) -> None:
    """An order tells something of what it orders."""
    orders = [operator.get(f"{LIST}?o={number}").context["cl"].queryset.query.order_by for number in range(1, 12)]
    assert ("name", "-pk") in orders
    assert {name.strip("-") for order in orders for name in order} & {"value", "mask"} == set()


REFUSED: dict[str, dict[str, str]] = {
    "the name is wrong": {"name": "lower case", "new_value": "{it}"},
    "the name is missing": {"new_value": "{it}"},
    "the name is taken": {"name": "FORM", "new_value": "{it}"},
    "the project is wrong": {"name": "NEW", "new_value": "{it}", "project": "no project"},
    "the project is not there": {"name": "NEW", "new_value": "{it}", "project": "6a1e5a3c-0000-4000-8000-000000000000"},
    "the name is taken in the project": {"name": "SHARED", "new_value": "{it}", "project": "{project}"},
    "the expiry is wrong": {"name": "NEW", "new_value": "{it}", "expires_at_0": "never", "expires_at_1": "x"},
    "the description is too long": {"name": "NEW", "new_value": "{it}", "description": 501 * "x"},
    "the value is too long": {"name": "NEW", "new_value": 300 * "{it}"},
    "the value has NUL": {"name": "NEW", "new_value": "{it}\0"},
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_refused_form_comes_back_without_the_value(
    data: dict[str, str], operator: Client, used: Canary, day: Day, log: Log
) -> None:
    filled = {name: text.format(it=used.value, project=day.project.pk) for name, text in data.items()}
    count = Secret.objects.count()
    page = operator.post(ADD, filled, follow=True)
    assert page.status_code == 200
    assert Secret.objects.count() == count
    assert used.found_in(*places.answer(page)) == []
    assert used.found_in(log()) == []
    assert re.search(r'<textarea[^>]*name="new_value"[^>]*>\s*</textarea>', page.content.decode())


@pytest.mark.parametrize(
    "data",
    [
        {"new_value": "{it}", "description": 501 * "x"},
        {"new_value": "{it}", "expires_at_0": "never", "expires_at_1": "x"},
        {"new_value": 300 * "{it}"},
    ],
)
def test_a_refused_change_comes_back_without_the_value(
    data: dict[str, str], operator: Client, used: Canary, log: Log
) -> None:
    secret = Secret.objects.get(name="FORM")
    page = operator.post(change(secret), {name: text.format(it=used.value) for name, text in data.items()})
    assert page.status_code == 200
    assert Secret.objects.get(name="FORM").revision == secret.revision
    assert used.found_in(*places.answer(page), log()) == []


def test_the_query_of_the_form_fills_in_no_value(operator: Client, canary: Canary) -> None:
    page = operator.get(ADD, query_params={"new_value": canary.sought[0]}).content.decode()
    assert re.search(r'<textarea[^>]*name="new_value"[^>]*>\s*</textarea>', page)


def test_a_planted_leak_would_be_found_on_a_page(operator: Client, canary: Canary) -> None:
    Project.objects.update(name=canary.value)
    for path in pages_of(Project):
        assert canary.found_in(*places.answer(operator.get(path))) or path.endswith(("/add/", "/history/")), path
