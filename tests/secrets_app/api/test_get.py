"""GET /api/v1/secrets/{id}"""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.cast import Api, make_secret
from tests.contract import DETAIL_FIELDS, SECRETS


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_owner_reads_the_secret_masked(api: Api, member: Any, slash: str) -> None:
    secret = make_secret(member, value="ghp_abcdefghijklmnop")
    answer = api(member).get(f"{SECRETS}/{secret.id}{slash}")
    assert answer.status_code == 200
    assert answer.json().keys() == DETAIL_FIELDS
    assert answer.json()["masked_value"] == "ghp••••••••mnop"


def test_a_new_secret_is_version_1_without_an_end_and_unused(api: Api, member: Any) -> None:
    shown = api(member).get(f"{SECRETS}/{make_secret(member).id}").json()
    assert (shown["version"], shown["description"], shown["is_readable"]) == (1, "", True)
    assert (shown["expires_at"], shown["last_used_at"]) == (None, None)


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_every_member_reads_a_secret_of_the_project(
    api: Api, request: pytest.FixtureRequest, member: Any, project: Project, role: str
) -> None:
    secret = make_secret(member, project_id=project.id)
    answer = api(request.getfixturevalue(role)).get(f"{SECRETS}/{secret.id}")
    assert answer.status_code == 200
    assert answer.json()["project_id"] == str(project.id)


def test_it_is_the_object_of_the_list(api: Api, member: Any) -> None:
    secret = make_secret(member)
    client = api(member)
    assert client.get(f"{SECRETS}/{secret.id}").json() == client.get(SECRETS).json()["results"][0]


def test_the_etag_stays_while_nothing_changes(api: Api, member: Any) -> None:
    address, client = f"{SECRETS}/{make_secret(member).id}", api(member)
    assert client.get(address).headers["ETag"] == client.get(address).headers["ETag"]
