"""An owner has at most MAX_SECRETS_PER_SCOPE secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as site_settings
from pytest_django import Settings

from projects.models import Project
from secrets_app.conf import conf
from secrets_app.models import Secret
from tests.cast import CANARY, Api
from tests.contract import BATCH, SECRETS, assert_problem

pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def _three_at_most(settings: Settings) -> None:
    settings.SECRETS_APP = site_settings.SECRETS_APP | {"MAX_SECRETS_PER_SCOPE": 3}


def body(number: int, **members: Any) -> dict[str, Any]:
    return {"name": f"TOKEN_{number}", "value": CANARY, **members}


def batch(*numbers: int, **members: Any) -> dict[str, Any]:
    return {"secrets": [body(number, **members) for number in numbers]}


def test_the_limit_is_1000_unless_the_site_says_otherwise(settings: Settings) -> None:
    del settings.SECRETS_APP
    assert conf.max_secrets_per_scope == 1_000


@pytest.mark.usefixtures("_three_at_most")
def test_one_more_is_409(api: Api, member: Any) -> None:
    client = api(member)
    assert [client.post(SECRETS, body(number)).status_code for number in range(3)] == [201, 201, 201]
    assert_problem(client.post(SECRETS, body(3)), 409, "scope_full")
    assert Secret.objects.count() == 3


@pytest.mark.usefixtures("_three_at_most")
def test_deleting_makes_room(api: Api, member: Any) -> None:
    client = api(member)
    first, *_ = [client.post(SECRETS, body(number)).json()["id"] for number in range(3)]
    client.delete(f"{SECRETS}/{first}")
    assert client.post(SECRETS, body(3)).status_code == 201


@pytest.mark.usefixtures("_three_at_most")
def test_every_owner_has_their_own_room(api: Api, member: Any, admin: Any, project: Project) -> None:
    client = api(member)
    assert client.post(BATCH, batch(1, 2, 3)).status_code == 201
    assert client.post(BATCH, batch(1, 2, 3, project_id=str(project.id))).status_code == 201
    assert api(admin).post(BATCH, batch(1, 2, 3)).status_code == 201
    assert_problem(api(admin).post(SECRETS, body(4, project_id=str(project.id))), 409, "scope_full")


@pytest.mark.usefixtures("_three_at_most")
def test_a_batch_fits_as_a_whole_or_not_at_all(api: Api, member: Any) -> None:
    client = api(member)
    assert_problem(client.post(BATCH, batch(1, 2, 3, 4)), 409, "scope_full")
    assert not Secret.objects.exists()
    client.post(BATCH, batch(1, 2))
    assert_problem(client.post(BATCH, batch(3, 4)), 409, "scope_full")
    assert Secret.objects.count() == 2


@pytest.mark.usefixtures("_three_at_most")
def test_a_full_owner_of_one_item_stops_the_whole_batch(api: Api, member: Any, project: Project) -> None:
    client = api(member)
    client.post(BATCH, batch(1, 2, 3))
    items = [body(9, project_id=str(project.id)), body(4)]
    assert_problem(client.post(BATCH, {"secrets": items}), 409, "scope_full")
    assert not Secret.objects.filter(project=project).exists()


@pytest.mark.usefixtures("_three_at_most")
def test_secrets_of_a_full_owner_can_still_be_changed(api: Api, member: Any) -> None:
    client = api(member)
    results = client.post(BATCH, batch(1, 2, 3)).json()["results"]
    assert client.patch(f"{SECRETS}/{results[0]['id']}", {"value": "another"}).status_code == 200
