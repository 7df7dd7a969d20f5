"""`If-None-Match`: what has not changed since is 304, and whatever changes it ends that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from projects.models import Membership, Project
from secrets_app.models import DataKey, Secret
from tests.cast import Api, ApiClient, make_secret
from tests.contract import SECRETS
from tests.secrets_app.api.ways import BOTH, choose_way, on_postgresql
from tests.secrets_app.conftest import forget_keys

AUDIT = "/api/v1/audit"

Change = Callable[[Secret], object]


@pytest.fixture(params=BOTH)
def _way(request: pytest.FixtureRequest, settings: Any) -> None:
    choose_way(settings, quick=request.param)


@pytest.fixture
def shared(member: Any, project: Project) -> Secret:
    make_secret(member, name="ANOTHER", project_id=project.id)
    return make_secret(member, project_id=project.id)


def of_project(secret: Secret) -> str:
    return f"{SECRETS}?project_id={secret.project_id}"


def again(client: ApiClient, address: str, etag: str) -> int:
    answer = client.get(address, If_None_Match=etag)
    assert (answer.content == b"") == (answer.status_code == 304)
    return int(answer.status_code)


def etag_of(client: ApiClient, address: str) -> str:
    return str(client.get(address).headers["ETag"])


def _use(secret: Secret) -> None:
    Secret.objects.filter(pk=secret.pk).update(last_used_at=timezone.now())


def _edit(secret: Secret) -> None:
    row = Secret.objects.get(pk=secret.pk)
    row.description, row.revision, row.updated_at = "new", row.revision + 1, timezone.now()
    row.save()


def _exchange(secret: Secret) -> None:
    """One goes and one comes, so that neither their number nor the sum of their revisions tells."""
    other = Secret.objects.get(name="ANOTHER")
    moment = other.updated_at + timedelta(microseconds=1)
    Secret.objects.filter(pk=other.pk).update(name="RENAMED", updated_at=moment)


def _delete(secret: Secret) -> None:
    secret.delete()


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("change", [_use, _edit])
def test_a_secret_is_304_until_it_changes(api: Api, viewer: Any, shared: Secret, change: Change) -> None:
    client, address = api(viewer), f"{SECRETS}/{shared.id}"
    etag = etag_of(client, address)
    assert [again(client, address, each) for each in (etag, f"W/{etag}", f'"9", {etag}', "*")] == [304] * 4
    assert again(client, address, '"9"') == 200
    change(shared)
    assert again(client, address, etag) == 200
    assert again(client, address, etag_of(client, address)) == 304


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("change", [_use, _edit, _exchange, _delete])
def test_a_list_is_304_until_one_of_its_secrets_changes(api: Api, viewer: Any, shared: Secret, change: Change) -> None:
    client, address = api(viewer), of_project(shared)
    etag = etag_of(client, address)
    assert again(client, address, etag) == 304
    assert again(client, f"{address}&ordering=-name", etag) == 200
    change(shared)
    assert again(client, address, etag) == 200
    assert again(client, address, etag_of(client, address)) == 304


@pytest.mark.usefixtures("_way")
def test_a_new_secret_shows_in_a_list(api: Api, member: Any, shared: Secret) -> None:
    client, address = api(member), of_project(shared)
    etag = etag_of(client, address)
    make_secret(member, name="NEW", project_id=shared.project_id)
    assert again(client, address, etag) == 200


@pytest.mark.usefixtures("_way")
def test_personal_secrets_and_none_at_all_have_an_etag(api: Api, member: Any) -> None:
    client = api(member)
    empty = etag_of(client, SECRETS)
    make_secret(member)
    assert again(client, SECRETS, empty) == 200
    assert again(client, SECRETS, etag_of(client, SECRETS)) == 304


@pytest.mark.usefixtures("_way")
def test_a_page_that_does_not_show_all_has_no_etag(api: Api, viewer: Any, shared: Secret) -> None:
    for query in ("limit=1", "offset=1", "search=TOKEN"):
        assert "ETag" not in api(viewer).get(f"{of_project(shared)}&{query}").headers


@pytest.mark.usefixtures("_way")
def test_who_may_not_see_it_any_more_is_refused(api: Api, viewer: Any, shared: Secret) -> None:
    client, addresses = api(viewer), (f"{SECRETS}/{shared.id}", of_project(shared))
    etags = [etag_of(client, address) for address in addresses]
    Membership.objects.filter(user=viewer).delete()
    refused = [again(client, address, etag) for address, etag in zip(addresses, etags, strict=True)]
    assert refused == [404, 403]


@pytest.mark.usefixtures("_way")
def test_what_cannot_be_read_is_never_304(api: Api, viewer: Any, shared: Secret, fresh_process: None) -> None:
    client, address = api(viewer), f"{SECRETS}/{shared.id}"
    etag = etag_of(client, address)
    DataKey.objects.update(wrapped=b"K" * 78)
    forget_keys()
    assert again(client, address, etag) == 200
    assert client.get(address).headers["ETag"] == etag
    assert "ETag" not in client.get(of_project(shared)).headers


@pytest.mark.usefixtures("_way")
def test_the_etag_of_a_used_secret_changes_it_by_if_match(api: Api, member: Any, shared: Secret) -> None:
    client, address = api(member), f"{SECRETS}/{shared.id}"
    _use(shared)
    etag = etag_of(client, address)
    assert etag.startswith('"1-')
    assert client.patch(address, {"description": "new"}, If_Match=etag).status_code == 200
    assert client.patch(address, {"description": "newer"}, If_Match=etag).status_code == 412


def test_a_change_is_carried_out_whatever_the_client_has(api: Api, member: Any, shared: Secret) -> None:
    answer = api(member).patch(f"{SECRETS}/{shared.id}", {"description": "new"}, If_None_Match='"2"')
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')


@on_postgresql
@pytest.mark.parametrize("path", ["?project_id={}", ""])
def test_a_page_of_the_log_is_304_until_something_happens(
    api: Api, admin: Any, shared: Secret, path: str, django_assert_num_queries: Any
) -> None:
    client, address = api(admin), AUDIT + path.format(shared.project_id)
    make_secret(admin, name="OWN")
    etag = etag_of(client, address)
    with django_assert_num_queries(1):
        assert again(client, address, etag) == 304
    assert again(client, f"{AUDIT}?event=secret.created", etag) == 200
    for project_id in (None, shared.project_id):
        make_secret(admin, name="NEW", project_id=project_id)
    assert again(client, address, etag) == 200


@on_postgresql
def test_a_304_costs_one_statement(api: Api, viewer: Any, shared: Secret, django_assert_num_queries: Any) -> None:
    client = api(viewer)
    for address in (f"{SECRETS}/{shared.id}", of_project(shared)):
        etag = etag_of(client, address)
        with django_assert_num_queries(1):
            assert again(client, address, etag) == 304
