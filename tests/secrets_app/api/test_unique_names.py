"""Names are unique per owner among personal secrets, and per project among its secrets."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from secrets_app.models import Secret
from tests.cast import CANARY, Api, make_project, make_secret
from tests.contract import SECRETS, assert_problem, stored_value

pytestmark = pytest.mark.usefixtures("each_way")

BODY = {"name": "TOKEN", "value": CANARY}


def test_a_personal_name_is_taken_once(api: Api, member: Any) -> None:
    client = api(member)
    first = client.post(SECRETS, BODY | {"value": "the first value"}).json()
    assert_problem(client.post(SECRETS, BODY), 409, "name_taken")
    assert Secret.objects.count() == 1
    assert stored_value(first["id"]) == "the first value"


def test_a_name_is_taken_once_in_a_project_for_all_members(api: Api, member: Any, admin: Any, project: Project) -> None:
    make_secret(member, project_id=project.id)
    assert_problem(api(admin).post(SECRETS, BODY | {"project_id": str(project.id)}), 409, "name_taken")


def test_the_scopes_do_not_hinder_one_another(api: Api, admin: Any, stranger: Any, project: Project) -> None:
    client = api(admin)
    other = make_project(admin)
    bodies = [BODY, BODY | {"project_id": str(project.id)}, BODY | {"project_id": str(other.id)}]
    assert [client.post(SECRETS, body).status_code for body in bodies] == [201, 201, 201]
    assert api(stranger).post(SECRETS, BODY).status_code == 201


@pytest.mark.parametrize("name", ["TOKEN_", "TOKEN_2", "TOKEN__", "T"])
def test_only_the_same_name_is_taken(api: Api, member: Any, name: str) -> None:
    make_secret(member)
    assert api(member).post(SECRETS, BODY | {"name": name}).status_code == 201
