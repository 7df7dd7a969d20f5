"""Task grants: creating, explaining, listing and revoking them, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from neo_base.access.actors import Actor, Limits
from projects.models import Project
from secrets_app.actions.grants import GrantRequest, create_grant, delete_ended, revoke_grant
from secrets_app.actions.tokens import NewToken, create_token
from secrets_app.models import RememberedName, ServiceToken, TaskGrant
from secrets_app.signals import grant_created, grant_revoked
from secrets_app.token_format import TASK_PREFIX, is_well_formed
from tests.cast import Api, make_project, make_secret

pytestmark = pytest.mark.usefixtures("each_way")

GRANTS = "/api/v1/task-grants"
EXPLAIN = f"{GRANTS}/explain"

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def bearer(db: None) -> Bearer:
    """Return a function that creates a service token and returns its header."""

    def make(user: Any, *scopes: str, **columns: Any) -> dict[str, str]:
        new: NewToken = create_token(
            actor=Actor.from_user(user), name="CI", scopes=scopes or ("runtime:use",), **columns
        )
        return {"Authorization": f"Bearer {new.text}"}

    return make


def seconds_of(answer: dict[str, Any]) -> float:
    begun, ends = (parse_datetime(answer[name]) for name in ("created_at", "expires_at"))
    assert begun is not None
    assert ends is not None
    return (ends - begun).total_seconds()


def test_the_token_is_shown_once_and_stored_as_a_digest(api: Api, member: Any) -> None:
    client = api(member)
    made = client.post(GRANTS, {"task_id": "build", "max_uses": 3})
    assert made.status_code == 201
    text = made.json()["token"]
    assert is_well_formed(text, TASK_PREFIX)
    shown = client.get(f"{GRANTS}/{made.json()['id']}").json()
    assert shown == {name: value for name, value in made.json().items() if name != "token"}
    assert client.get(GRANTS).json()["results"] == [shown]
    assert text not in repr(list(TaskGrant.objects.values()))


def test_defaults_are_15_minutes_and_the_default_available_secrets(api: Api, member: Any) -> None:
    given = make_secret(member, name="GIVEN", default_available=True, value="long enough")
    make_secret(member, name="KEPT")
    answer = api(member).post(GRANTS).json()
    assert seconds_of(answer) == 900
    assert (answer["max_uses"], answer["latest"], answer["scopes"], answer["project_id"]) == (None, False, [], None)
    assert answer["secrets"] == [
        {
            "name": "GIVEN",
            "owner": "personal",
            "secret_id": str(given.id),
            "version": 1,
            "reason": "default",
            "is_maskable": True,
        }
    ]


def test_explain_stores_no_grant_and_no_names(api: Api, member: Any) -> None:
    make_secret(member, name="A")
    body = {"secrets": ["A"], "thread_id": "thread", "task_id": "task", "max_uses": 2}
    explained = api(member).post(EXPLAIN, body)
    assert explained.status_code == 200
    assert not TaskGrant.objects.exists()
    assert not RememberedName.objects.exists()
    granted = api(member).post(GRANTS, body).json()
    left_out = {"id", "token", "uses", "created_at", "expires_at", "last_used_at", "revoked_at"}
    assert explained.json() == {name: value for name, value in granted.items() if name not in left_out}


@pytest.mark.parametrize("address", [GRANTS, EXPLAIN])
def test_exactly_the_unknown_names_are_listed(api: Api, member: Any, address: str) -> None:
    make_secret(member, name="KNOWN")
    answer = api(member).post(address, {"secrets": ["B", "KNOWN", "A", "personal:C", "B"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_secrets")
    named = ["B", "A", "personal:C"]
    assert answer.json()["errors"] == {"secrets": [f"There is no secret {name} here." for name in named]}
    assert not TaskGrant.objects.exists()


def test_another_users_name_is_as_unknown_as_a_missing_one(api: Api, admin: Any, member: Any, project: Project) -> None:
    make_secret(admin, name="THEIRS", default_available=True)
    make_secret(admin, name="ELSEWHERE", project_id=make_project(admin).id)
    client = api(member)
    for project_id in (None, str(project.id)):
        answers = [
            client.post(GRANTS, {"secrets": [name], "project_id": project_id}).content.replace(name.encode(), b"NAME")
            for name in ("THEIRS", "ELSEWHERE", "NOBODYS")
        ]
        assert len({answer.split(b'"request_id"')[0] for answer in answers}) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": None},
        {"task_id": 129 * "x"},
        {"task_id": "a\nb"},
        {"thread_id": ""},
        {"thread_id": None},
        {"thread_id": 129 * "x"},
        {"project_id": "none"},
        {"secrets": "A"},
        {"secrets": ["a"]},
        {"secrets": ["A\n"]},
        {"secrets": ["project:A"]},
        {"secrets": ["personal:"]},
        {"secrets": [129 * "A"]},
        {"secrets": [None]},
        {"secrets": 501 * ["A"]},
        {"include_default": None},
        {"latest": "yes"},
        {"ttl": 0},
        {"ttl": 86_401},
        {"ttl": "900"},
        {"ttl": 0.5},
        {"ttl": True},
        {"ttl": None},
        {"max_uses": 0},
        {"max_uses": 2**31},
        {"scopes": ["secrets:read"]},
        {"scopes": ["secrets:create", "secrets:create"]},
        {"uses": 0},
        {"token": "neo_task_x"},
    ],
    ids=str,
)
@pytest.mark.parametrize("address", [GRANTS, EXPLAIN])
def test_invalid_input_creates_no_grant(api: Api, member: Any, address: str, change: dict[str, Any]) -> None:
    assert api(member).post(address, change).status_code == 400
    assert not TaskGrant.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": "", "thread_id": 128 * "x", "project_id": None, "secrets": None},
        {"secrets": [], "ttl": 1, "max_uses": 2**31 - 1, "scopes": ["secrets:create"]},
        {"ttl": 86_400.0, "max_uses": None, "scopes": []},
    ],
    ids=str,
)
def test_documented_input_is_accepted(api: Api, member: Any, change: dict[str, Any]) -> None:
    assert api(member).post(GRANTS, change).status_code == 201


def test_the_longest_names_can_be_selected(api: Api, member: Any) -> None:
    make_secret(member, name=128 * "A")
    answer = api(member).post(GRANTS, {"secrets": [128 * "A", f"personal:{128 * 'A'}"]}).json()
    assert [row["name"] for row in answer["secrets"]] == [128 * "A"]


class TestLimits:
    def test_a_ttl_above_the_sites_maximum_is_refused(self, api: Api, member: Any, settings: Any) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "MAX_GRANT_SECONDS": 60}
        client = api(member)
        assert client.post(GRANTS, {"ttl": 61}).json()["code"] == "grant_too_long"
        assert client.post(EXPLAIN, {"ttl": 61}).json()["code"] == "grant_too_long"
        assert seconds_of(client.post(GRANTS, {"ttl": 60}).json()) == 60
        assert seconds_of(client.post(GRANTS).json()) == 60

    def test_the_number_of_usable_grants_is_limited(self, api: Api, member: Any, stranger: Any, settings: Any) -> None:
        settings.SECRETS_APP = {**settings.SECRETS_APP, "MAX_GRANTS_PER_USER": 2}
        client = api(member)
        first, _ = client.post(GRANTS), client.post(GRANTS)
        assert (client.post(GRANTS).status_code, client.post(GRANTS).json()["code"]) == (409, "too_many_grants")
        assert api(stranger).post(GRANTS).status_code == 201
        client.delete(f"{GRANTS}/{first.json()['id']}")
        assert client.post(GRANTS).status_code == 201
        TaskGrant.objects.filter(user=member).update(expires_at=timezone.now())
        assert client.post(GRANTS).status_code == 201


class TestServiceToken:
    def test_a_token_needs_the_scope_runtime_use(self, api: Api, member: Any, bearer: Bearer) -> None:
        every_other = ("secrets:read", "secrets:write", "projects:read", "projects:write")
        for address in (GRANTS, EXPLAIN):
            answer = api(None).post(address, **bearer(member, *every_other))
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
            assert api(None).post(address, **bearer(member)).status_code in (200, 201)

    def test_the_grant_names_its_service_token(self, api: Api, member: Any, bearer: Bearer) -> None:
        api(None).post(GRANTS, **bearer(member))
        assert TaskGrant.objects.get().service_token == ServiceToken.objects.get()
        assert TaskGrant.objects.usable().exists()
        ServiceToken.objects.update(expires_at=timezone.now())
        assert not TaskGrant.objects.usable().exists()

    def test_creating_a_grant_without_its_service_token_raises(self, member: Any) -> None:
        actor = Actor.from_user(member, limits=Limits(frozenset({"runtime:use"})))
        with pytest.raises(ValueError, match="signed in with a service token"):
            create_grant(actor=actor, grant_request=GrantRequest())

    def test_a_grant_that_may_write_needs_a_token_that_may_write(self, api: Api, member: Any, bearer: Bearer) -> None:
        body = {"scopes": ["secrets:create"]}
        assert api(None).post(GRANTS, body, **bearer(member)).json()["code"] == "scope_missing"
        assert api(None).post(GRANTS, body, **bearer(member, "runtime:use", "secrets:write")).status_code == 201

    def test_a_project_token_creates_grants_only_for_its_project(
        self, api: Api, member: Any, project: Project, bearer: Bearer
    ) -> None:
        other, header = make_project(member), bearer(member, project_id=project.id)
        client = api(None)
        assert client.post(GRANTS, {"project_id": str(project.id)}, **header).status_code == 201
        assert client.post(GRANTS, {"project_id": str(other.id)}, **header).json()["code"] == "membership_required"
        assert client.post(GRANTS, {}, **header).json()["code"] == "scope_missing"

    def test_a_project_token_grants_no_personal_secrets(
        self, api: Api, member: Any, project: Project, bearer: Bearer
    ) -> None:
        make_secret(member, name="MINE", default_available=True)
        make_secret(member, name="BOTH", default_available=True)
        make_secret(member, name="BOTH", default_available=True, project_id=project.id)
        client, header, body = api(None), bearer(member, project_id=project.id), {"project_id": str(project.id)}
        answer = client.post(GRANTS, body, **header).json()
        assert [(row["name"], row["owner"]) for row in answer["secrets"]] == [("BOTH", "project")]
        assert answer["omitted"] == []
        named = client.post(GRANTS, body | {"secrets": ["MINE", "personal:BOTH"]}, **header)
        assert len(named.json()["errors"]["secrets"]) == 2

    def test_a_project_token_sees_and_revokes_only_its_projects_grants(
        self, api: Api, member: Any, project: Project, bearer: Bearer
    ) -> None:
        own, shared = (api(member).post(GRANTS, {"project_id": each}).json() for each in (None, str(project.id)))
        client, header = api(None), bearer(member, project_id=project.id)
        assert [row["id"] for row in client.get(GRANTS, **header).json()["results"]] == [shared["id"]]
        assert client.get(f"{GRANTS}/{own['id']}", **header).status_code == 404
        assert client.delete(f"{GRANTS}/{own['id']}", **header).status_code == 404
        assert client.delete(f"{GRANTS}/{shared['id']}", **header).status_code == 204


class TestRevoking:
    def test_a_grant_ends_at_once_and_revoking_twice_is_harmless(self, api: Api, member: Any) -> None:
        client = api(member)
        address = f"{GRANTS}/{client.post(GRANTS).json()['id']}"
        assert client.delete(address).status_code == 204
        ended = client.get(address).json()["revoked_at"]
        assert ended is not None
        assert client.delete(address).status_code == 204
        assert client.get(address).json()["revoked_at"] == ended
        assert not TaskGrant.objects.usable().exists()

    def test_grants_of_other_users_get_404(self, api: Api, admin: Any, member: Any, project: Project) -> None:
        grant = api(member).post(GRANTS, {"project_id": str(project.id)}).json()
        client = api(admin)
        for method in ("GET", "DELETE"):
            theirs = client.request(method, f"{GRANTS}/{grant['id']}")
            nobodys = client.request(method, f"{GRANTS}/00000000-0000-4000-8000-000000000000")
            assert theirs.status_code == nobodys.status_code == 404
            assert {**theirs.json(), "request_id": ""} == {**nobodys.json(), "request_id": ""}
        assert client.get(GRANTS).json()["count"] == 0
        assert TaskGrant.objects.usable().exists()

    def test_an_operator_with_the_django_permission_may_revoke(self, member: Any, staff: Any, superuser: Any) -> None:
        new = create_grant(actor=Actor.from_user(member), grant_request=GrantRequest())
        revoke_grant(actor=Actor.from_staff(superuser), grant_id=new.row.id)
        assert TaskGrant.objects.get().revoked_at is not None


def test_grants_are_announced(member: Any, django_capture_on_commit_callbacks: Any) -> None:
    heard: list[str] = []

    def hear(**arguments: Any) -> None:
        heard.append(f"{sorted(arguments)} {arguments['grant'].id}")

    grant_created.connect(hear)
    grant_revoked.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        new = create_grant(actor=Actor.from_user(member), grant_request=GrantRequest())
        revoke_grant(actor=Actor.from_user(member), grant_id=new.row.id)
        revoke_grant(actor=Actor.from_user(member), grant_id=new.row.id)
    grant_created.disconnect(hear)
    grant_revoked.disconnect(hear)
    assert heard == 2 * [f"['actor', 'grant', 'sender', 'signal'] {new.row.id}"]
    assert new.text not in f"{new!r} {new} {new.row!r}"


def test_creating_a_grant_costs_the_same_for_any_number_of_secrets(member: Any) -> None:
    # The first one of a user also stores their tree.
    create_grant(actor=Actor.from_user(member), grant_request=GrantRequest())
    counts = []
    for number in (1, 50):
        for each in range(number):
            make_secret(member, name=f"N_{number}_{each}", default_available=True)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            create_grant(actor=Actor.from_user(member), grant_request=GrantRequest(thread_id="thread"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_listing_grants_costs_the_same_for_any_number_of_rows(api: Api, member: Any) -> None:
    client, counts = api(member), []
    for number in (1, 20):
        make_secret(member, name=f"N_{number}", default_available=True)
        for _ in range(number):
            client.post(GRANTS)
        with CaptureQueriesContext(connection) as queries:
            client.get(GRANTS)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_only_ended_grants_are_deleted(member: Any, batch_size: int) -> None:
    make_secret(member, default_available=True)
    actor, now = Actor.from_user(member), timezone.now()
    kept, *ended = (create_grant(actor=actor, grant_request=GrantRequest()).row for _ in range(4))
    TaskGrant.objects.filter(pk__in=[row.pk for row in ended]).update(expires_at=now - timedelta(hours=1))
    assert delete_ended(actor=Actor.system(), before=now - timedelta(hours=2), batch_size=batch_size) == 0
    assert delete_ended(actor=Actor.system(), before=now, batch_size=batch_size) == 3
    assert TaskGrant.objects.get() == kept
