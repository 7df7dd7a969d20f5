"""`/metrics`: open to clients with the token, and without personal data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from environ import FileAwareEnv
from prometheus_client.parser import text_string_to_metric_families

from neo_site import health
from neo_site.configuration.metrics import metrics_token
from projects.models import Project
from tests.canary.canary import Canary
from tests.canary.usage import use
from tests.cast import Api
from tests.test_docs import rows

pytestmark = pytest.mark.once

TOKEN = "metrics-token-of-the-tests-0123456789"
METRICS = "/metrics"
Scrape = Callable[[], str]
ROUTE = "api/v1/secrets/<uuid:secret_id>"


@pytest.fixture
def switched_on(settings: Any, db: None) -> None:
    settings.NEO_METRICS_TOKEN = TOKEN
    settings.MIDDLEWARE = ["neo_site.metrics.requests.RequestMetrics", *settings.MIDDLEWARE]


@pytest.fixture
def scrape(switched_on: None) -> Scrape:
    def scraped() -> str:
        answer = Client().get(METRICS, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return answer.content.decode()

    return scraped


def value(text: str, name: str, **labels: str) -> float:
    """0 for a sample that is not there."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())


def test_without_the_setting_the_page_does_not_exist(client: Client, db: None) -> None:
    assert client.get(METRICS, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "sent",
    [{}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}],
)
def test_without_the_token_the_page_is_refused(client: Client, sent: dict[str, str], switched_on: None) -> None:
    answer = client.get(METRICS, headers=sent)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_users_token_does_not_open_the_metrics(api: Api, superuser: Any, switched_on: None) -> None:
    assert api(superuser).get(METRICS).status_code == 401


def test_only_get_and_head_are_allowed(client: Client, switched_on: None) -> None:
    answer = client.post(METRICS, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_each_request_is_counted_by_pattern_method_and_status(api: Api, member: Any, scrape: Scrape) -> None:
    labels = {"method": "GET", "route": ROUTE}
    before = scrape()
    for number in range(3):
        api(member).get(f"/api/v1/secrets/{number:08}-0000-4000-8000-000000000000")
    after = scrape()
    counted = value(after, "neo_requests_total", status="404", **labels)
    assert counted - value(before, "neo_requests_total", status="404", **labels) == 3
    timed = value(after, "neo_request_seconds_count", **labels)
    assert timed - value(before, "neo_request_seconds_count", **labels) == 3


@pytest.mark.parametrize(("setting", "way"), [(True, "quick"), (False, "plain")])
def test_each_way_of_creating_is_counted(
    api: Api, member: Any, scrape: Scrape, settings: Any, setting: bool, way: str
) -> None:
    settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": setting}
    api(member).post("/api/v1/secrets", {"name": "A", "value": "the first one makes the key"})
    before = scrape()
    api(member).post("/api/v1/secrets", {"name": "B", "value": "the second one"})
    counted = {each: value(scrape(), "neo_quick_way_total", job="create", way=each) for each in ("quick", "plain")}
    counted_before = {each: value(before, "neo_quick_way_total", job="create", way=each) for each in counted}
    assert {each for each in counted if counted[each] > counted_before[each]} == {way}


def test_metrics_show_the_health_of_database_and_keys(scrape: Scrape, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (value(scrape(), "neo_database_up"), value(scrape(), "neo_keyring_up")) == (1, 1)
    monkeypatch.setattr(health, "checks", lambda: {"database": False, "keyring": True})
    assert (value(scrape(), "neo_database_up"), value(scrape(), "neo_keyring_up")) == (0, 1)


def test_no_label_holds_what_a_client_typed(api: Api, scrape: Scrape) -> None:
    api(None).request("GET", "/typed/by?a=client")
    Client().generic("TYPED", "/livez")
    text = scrape()
    assert "typed" not in text.lower()
    assert value(text, "neo_requests_total", method="other", route="livez") >= 1


def test_a_day_of_use_leaves_no_name_no_id_and_no_value(
    api: Api, member: Any, project: Project, canary: Canary, scrape: Scrape
) -> None:
    answers = use(api(member), project, canary)
    text = scrape()
    assert value(text, "neo_requests_total", route="api/v1/secrets") >= 1
    assert canary.found_in(text) == []
    ids = {json.loads(answer.content).get("id") for answer in answers if answer.content} - {None}
    assert ids
    # As words: a route may well be about members.
    words = set(re.findall(r"[\w-]+", text))
    assert words & {*ids, str(project.id), "member", "PERSONAL", "Alpha"} == set()


def test_a_leak_would_be_found(canary: Canary) -> None:
    assert canary.found_in(f'neo_requests_total{{route="{canary.value}"}} 1.0')


def test_each_metric_is_documented(scrape: Scrape) -> None:
    served = {family.name for family in text_string_to_metric_families(scrape()) if family.name.startswith("neo_")}
    documented = {row[0].removesuffix("_total") for row in rows("docs/deployment.md", "Metrics")}
    assert documented == served


@pytest.mark.parametrize("token", ["short", "x" * 31, f"{TOKEN} {TOKEN}", f"{TOKEN}ß"])
def test_a_weak_token_is_refused_without_being_repeated(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileAwareEnv, "ENVIRON", {"NEO_METRICS_TOKEN": token})
    with pytest.raises(ImproperlyConfigured) as refused:
        metrics_token(FileAwareEnv())
    assert token not in str(refused.value)
