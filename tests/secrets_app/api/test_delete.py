"""DELETE /api/v1/secrets/{id}"""

from __future__ import annotations

from typing import Any

import pytest

from secrets_app.models import Secret, SecretVersion
from tests.cast import Api, make_secret
from tests.contract import SECRETS, assert_problem


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_is_gone_at_once_with_its_versions(api: Api, member: Any, slash: str) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member).id}"
    client.patch(address, {"value": "another"})
    answer = client.delete(address + slash)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(client.get(address), 404, "not_found")
    assert client.get(SECRETS).json()["count"] == 0
    assert not SecretVersion.objects.exists()


def test_a_second_time_it_is_missing(api: Api, member: Any) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member).id}"
    client.delete(address)
    assert_problem(client.delete(address), 404, "not_found")


def test_its_name_is_free_again(api: Api, member: Any) -> None:
    client, secret = api(member), make_secret(member)
    client.delete(f"{SECRETS}/{secret.id}")
    again = client.post(SECRETS, {"name": secret.name, "value": "another"})
    assert again.status_code == 201
    assert again.json()["id"] != str(secret.id)


def test_others_stay(api: Api, member: Any) -> None:
    gone, stays = make_secret(member, name="GONE"), make_secret(member, name="STAYS")
    api(member).delete(f"{SECRETS}/{gone.id}")
    assert list(Secret.objects.all()) == [stays]


def test_it_honours_if_match(api: Api, member: Any) -> None:
    client, address = api(member), f"{SECRETS}/{make_secret(member).id}"
    seen = client.get(address).headers["ETag"]
    client.patch(address, {"description": "changed since"})
    assert_problem(client.delete(address, If_Match=seen), 412, "precondition_failed")
    assert client.delete(address, If_Match=client.get(address).headers["ETag"]).status_code == 204


def test_any_state_will_do_for_a_star(api: Api, member: Any) -> None:
    assert api(member).delete(f"{SECRETS}/{make_secret(member).id}", If_Match="*").status_code == 204
