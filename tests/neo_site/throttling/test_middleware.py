"""Pages count with the requests of the same user to the API, and a page in words says when to try again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from secrets_app.models import Secret
from tests.cast import Api, make_secret
from tests.limits import Clock, set_limits, use_absent_redis

LIMIT = 3
PAGES = ("/secrets/", "/accounts/", "/tokens/")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock"), pytest.mark.once]


@pytest.fixture
def browser(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def test_over_the_limit_a_page_says_when_to_try_again(settings: Any, clock: Clock, browser: Client) -> None:
    set_limits(settings, user=f"{LIMIT}/min")
    assert [browser.get(page).status_code for page in PAGES] == [200] * LIMIT
    refused = browser.get("/secrets/")
    assert (refused.status_code, refused["Cache-Control"]) == (429, "no-store")
    assert "Too many requests. Wait a moment, then try again." in refused.text
    assert 1 <= int(refused["Retry-After"]) <= 60
    clock.forward(int(refused["Retry-After"]))
    assert browser.get("/secrets/").status_code == 200


def test_what_is_refused_changes_nothing(settings: Any, browser: Client, member: Any) -> None:
    secret = make_secret(member)
    set_limits(settings, user="1/day")
    browser.get("/secrets/")
    assert browser.post(reverse("neo_pages:secret_delete", args=[secret.pk])).status_code == 429
    assert Secret.objects.filter(pk=secret.pk).exists()


def test_the_admin_counts_too(settings: Any, superuser: Any) -> None:
    set_limits(settings, user="1/day")
    operator = Client()
    operator.force_login(superuser)
    assert [operator.get("/admin/").status_code for _ in range(2)] == [200, 429]


def test_pages_and_api_share_the_count_of_a_user(
    settings: Any, api: Api, browser: Client, member: Any, viewer: Any
) -> None:
    set_limits(settings, user="2/day")
    assert [browser.get("/secrets/").status_code, api(member).get("/api/v1/secrets").status_code] == [200, 200]
    assert [browser.get("/secrets/").status_code, api(member).get("/api/v1/secrets").status_code] == [429, 429]
    assert api(viewer).get("/api/v1/secrets").status_code == 200


def test_the_api_counts_a_request_once(settings: Any, browser: Client) -> None:
    set_limits(settings, address="1/day")
    assert [Client().get("/api/v1/secrets").status_code for _ in range(2)] == [401, 429]
    # The cookie of the pages is none of the API's credentials.
    assert browser.get("/secrets/").status_code == 200


def test_visitors_count_by_address(settings: Any) -> None:
    set_limits(settings, address="1/day")
    visitor = Client()
    assert [visitor.get("/accounts/login/").status_code for _ in range(2)] == [200, 429]


def test_a_refusal_asks_for_the_session_and_user_alone(settings: Any, browser: Client) -> None:
    set_limits(settings, user="1/day")
    browser.get("/secrets/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get("/secrets/").status_code == 429
    assert [query["sql"] for query in asked if "project" in query["sql"]] == []


def test_a_cache_that_does_not_answer_lets_pages_pass(settings: Any, browser: Client) -> None:
    set_limits(settings, user="1/day")
    use_absent_redis(settings)
    assert [browser.get("/secrets/").status_code for _ in range(2)] == [200, 200]
