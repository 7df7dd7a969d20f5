"""What decides about a request is read with its credential, at each request anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from neo_base.access.compiled import Compiled
from neo_base.access.roles import Role
from neo_base.access.standing import NOTHING, _statement
from neo_base.access.views import MAX_EARLY_BYTES
from neo_base.quick_way import way_taken
from neo_site.signin.models import Session
from projects.models import Membership, Project
from projects.policies import DefaultMembershipPolicy
from secrets_app.api import questions
from secrets_app.conf import membership_policy_path
from secrets_app.models import DataKey, Secret, ServiceToken, TaskGrant
from secrets_app.models.shown_secret import ShownSecret
from secrets_app.models.token import TokenScope
from secrets_app.python_api import service_token_for
from tests.cast import Api, ApiClient, make_secret
from tests.contract import SECRETS
from tests.secrets_app.api.ways import BOTH, choose_way, on_postgresql
from tests.secrets_app.task import MakeTask

READ = [TokenScope.SECRETS_READ]
NOW = timezone.now()


@pytest.fixture(params=BOTH)
def _way(request: pytest.FixtureRequest, settings: Any) -> None:
    choose_way(settings, quick=request.param)


@pytest.fixture
def taken() -> Iterator[list[tuple[str, bool]]]:
    """Each job that was done, and whether the quick way was taken."""
    jobs: list[tuple[str, bool]] = []

    def heard(*, job: str, is_quick: bool, **_: object) -> None:
        jobs.append((job, is_quick))

    way_taken.connect(heard)
    yield jobs
    way_taken.disconnect(heard)


@pytest.fixture
def shared(member: Any, project: Project) -> Secret:
    return make_secret(member, project_id=project.id)


def statuses(client: ApiClient, secret: Secret, **headers: str) -> tuple[int, int]:
    """The answers to a get, and to a list of the secret's owner."""
    addresses = (f"{SECRETS}/{secret.id}", f"{SECRETS}?project_id={secret.project_id}")
    one, every = (client.get(address, **headers).status_code for address in addresses)
    return one, every


# Everything that decides is read at each request.

Change = Callable[[Any, Any], None]


def _leave(user: Any, project: Project) -> None:
    Membership.objects.filter(user=user, project=project).delete()


def _deactivate(user: Any, project: Project) -> None:
    get_user_model()._default_manager.filter(pk=user.pk).update(is_active=False)


def _change_password(user: Any, project: Project) -> None:
    get_user_model()._default_manager.filter(pk=user.pk).update(password="another")


def _revoke(user: Any, project: Project) -> None:
    Session.objects.filter(user=user).update(revoked_at=timezone.now())


def _expire(user: Any, project: Project) -> None:
    Session.objects.filter(user=user).update(expires_at=timezone.now())


def _delete_session(user: Any, project: Project) -> None:
    Session.objects.filter(user=user).delete()


CHANGES: list[tuple[Change, tuple[int, int]]] = [
    (_leave, (404, 403)),
    (_deactivate, (401, 401)),
    (_change_password, (401, 401)),
    (_revoke, (401, 401)),
    (_expire, (401, 401)),
    (_delete_session, (401, 401)),
]


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(("change", "refused"), CHANGES)
def test_a_change_in_the_database_shows_at_the_next_request(
    api: Api, viewer: Any, project: Project, shared: Secret, change: Change, refused: tuple[int, int]
) -> None:
    client = api(viewer)
    assert statuses(client, shared) == (200, 200)
    change(viewer, project)
    assert statuses(client, shared) == refused


@pytest.mark.usefixtures("_way")
def test_a_lower_role_shows_at_the_next_request(api: Api, member: Any, project: Project, shared: Secret) -> None:
    client, address = api(member), f"{SECRETS}/{shared.id}"
    assert client.patch(address, {"description": "one"}).status_code == 200
    Membership.objects.filter(user=member, project=project).update(role=Role.VIEWER)
    answer = client.patch(address, {"description": "two"})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
    assert statuses(client, shared) == (200, 200)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(
    ("columns", "refused"),
    [
        ({"revoked_at": timezone.now()}, (401, 401)),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, (401, 401)),
        ({"scopes": [TokenScope.PROJECTS_READ.value]}, (403, 403)),
    ],
)
def test_a_change_of_a_service_token_shows_at_the_next_request(
    viewer: Any, shared: Secret, columns: dict[str, Any], refused: tuple[int, int]
) -> None:
    token, client = service_token_for(viewer, name="reader", scopes=READ), ApiClient()
    headers = {"Authorization": f"Bearer {token.text}"}
    assert statuses(client, shared, **headers) == (200, 200)
    ServiceToken.objects.filter(pk=token.row.pk).update(**columns)
    assert statuses(client, shared, **headers) == refused


@pytest.mark.usefixtures("_way")
def test_a_token_of_one_project_sees_no_other_and_nothing_personal(
    api: Api, member: Any, admin: Any, project: Project, shared: Secret
) -> None:
    other = Project.objects.create(name="Other")
    Membership.objects.create(project=other, user=member, role=Role.ADMIN)
    elsewhere, own = make_secret(member, project_id=other.id), make_secret(member, name="OWN")
    token = service_token_for(member, name="reader", scopes=READ, project=project)
    client, headers = ApiClient(), {"Authorization": f"Bearer {token.text}"}
    assert statuses(client, shared, **headers) == (200, 200)
    assert statuses(client, elsewhere, **headers) == (404, 403)
    assert client.get(f"{SECRETS}/{own.id}", **headers).status_code == 404


@pytest.mark.usefixtures("_way")
def test_nobody_sees_what_another_user_owns(api: Api, member: Any, admin: Any, superuser: Any) -> None:
    own = make_secret(member)
    assert api(member).get(f"{SECRETS}/{own.id}").status_code == 200
    assert [api(user).get(f"{SECRETS}/{own.id}").status_code for user in (admin, superuser)] == [404, 404]


@pytest.mark.usefixtures("_way")
def test_a_destroyed_key_leaves_the_secret_unreadable(
    api: Api, viewer: Any, shared: Secret, fresh_process: None
) -> None:
    client, address = api(viewer), f"{SECRETS}/{shared.id}"
    DataKey.objects.filter(pk=shared.data_key_id).update(wrapped=b"K" * 78)
    assert client.get(address).json()["is_readable"] is False


MALFORMED = [b"[]", b"{", b'{"a": 1, "a": 2}', b'{"name": "' + MAX_EARLY_BYTES * b"N" + b'"', b'"\xff"']


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("address", [SECRETS, f"{SECRETS}/batch", "/api/v1/task-grants"])
def test_a_malformed_body_is_refused_once_it_is_known_who_sent_it(
    api: Api, member: Any, address: str, body: bytes
) -> None:
    answer = api(member).post(address, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["body"])
    unknown = api(None).post(address, body, Authorization="Bearer unknown")
    assert unknown.status_code == 401


@on_postgresql
def test_the_role_in_the_project_of_a_small_body_is_asked_along(
    api: Api, member: Any, project: Project, shared: Secret
) -> None:
    body, client = {"name": "S", "value": "v", "project_id": str(project.id)}, api(member)
    long = orjson.dumps({**body, "name": "L"}) + b" " * MAX_EARLY_BYTES
    with CaptureQueriesContext(connection) as early:
        assert client.post(SECRETS, body).status_code == 201
    with CaptureQueriesContext(connection) as late:
        assert client.post(SECRETS, long).status_code == 201
    roles = [["projects_membership" in each["sql"] for each in found] for found in (early, late)]
    assert roles[0][0]
    assert not roles[1][0]


# How many statements it costs, and which way is taken.


@on_postgresql
def test_a_secret_costs_one_statement_and_a_list_two(
    api: Api, viewer: Any, shared: Secret, django_assert_num_queries: Any, taken: list[tuple[str, bool]]
) -> None:
    client = api(viewer)
    with django_assert_num_queries(1):
        client.get(f"{SECRETS}/{shared.id}")
    with django_assert_num_queries(2):
        client.get(f"{SECRETS}?project_id={shared.project_id}")
    assert taken == [("secret", True), ("list", True)]


@on_postgresql
def test_a_service_token_costs_no_more(viewer: Any, shared: Secret, django_assert_num_queries: Any) -> None:
    token, client = service_token_for(viewer, name="reader", scopes=READ), ApiClient()
    headers = {"Authorization": f"Bearer {token.text}"}
    client.get(f"{SECRETS}/{shared.id}", **headers)
    with django_assert_num_queries(1):
        client.get(f"{SECRETS}/{shared.id}", **headers)


@on_postgresql
def test_a_refusal_is_said_by_the_plain_way(api: Api, stranger: Any, shared: Secret, taken: Any) -> None:
    client = api(stranger)
    assert statuses(client, shared) == (404, 403)
    assert client.get(f"{SECRETS}/{uuid4()}").status_code == 404
    assert taken == [("secret", False), ("secret", False)]


@on_postgresql
@pytest.mark.parametrize("team_role", ["viewer", "member"])
def test_a_team_with_a_role_takes_the_plain_way(
    api: Api, stranger: Any, shared: Secret, settings: Any, taken: Any, team_role: str
) -> None:
    client = api(stranger)
    assert statuses(client, shared) == (404, 403)
    settings.PROJECTS = {**settings.PROJECTS, "TEAM_ROLE": team_role}
    Project.objects.update(shared_with_team=True)
    assert statuses(client, shared) == (200, 200)
    assert taken[-2:] == [("secret", False), ("list", False)]


class Narrower(DefaultMembershipPolicy):
    """A policy of a host that changes the role alone."""

    def role(self, user: Any, project_id: Any) -> str | None:
        return None


@on_postgresql
def test_a_policy_that_changes_one_method_is_asked_itself(
    api: Api, viewer: Any, shared: Secret, settings: Any, taken: Any
) -> None:
    settings.SECRETS_APP = {**settings.SECRETS_APP, "MEMBERSHIP_POLICY": f"{__name__}.Narrower"}
    assert statuses(api(viewer), shared) == (403, 403)
    assert taken == [("secret", False)]


def test_a_full_page_is_known_to_be_the_last(
    api: Api, viewer: Any, shared: Secret, django_assert_num_queries: Any
) -> None:
    address, client = f"{SECRETS}?project_id={shared.project_id}&limit=1", api(viewer)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).json()["count"] == 1
    assert [each["sql"] for each in captured if "COUNT(" in each["sql"]] == []


@on_postgresql
def test_a_page_of_many_secrets_tells_their_number(api: Api, member: Any, project: Project) -> None:
    for number in range(3):
        make_secret(member, name=f"S{number}", project_id=project.id)
    answer = api(member).get(f"{SECRETS}?project_id={project.id}&limit=1&offset=1").json()
    assert (answer["count"], [each["name"] for each in answer["results"]]) == (3, ["S1"])


# The statements


def _compiled() -> list[Compiled]:
    from neo_site.signin.authentication import _sessions
    from secrets_app.api.authentication import WITH_GRANTS, _grants, _tokens
    from secrets_app.models.shown_secret import _page

    about = (membership_policy_path(),)
    asked = [questions._role, questions._secret_and_role, questions._role_and_stamp, questions._role_and_log]
    joined = [_statement(credentials, (), rows, about) for credentials in (_sessions, _tokens) for rows in asked]
    own = [NOTHING.rows, questions._own_stamp, questions._own_log]
    alone = [_statement(credentials, (), rows, ()) for credentials in (_sessions, _tokens) for rows in own]
    task = _statement(_grants, WITH_GRANTS, questions._role_of_task, about)
    return [_page("user"), _page("project"), *(each for each in (*joined, *alone, task) if each is not None)]


@on_postgresql
def test_every_statement_reads_by_indexes_whatever_its_values(db: None) -> None:
    plans = []
    for number, statement in enumerate(_compiled()):
        sql = statement.sql
        for place in range(sql.count("%s")):
            sql = sql.replace("%s", f"${place + 1}", 1)
        with connection.cursor() as cursor:
            # No table has rows here, so that reading it whole would be cheapest.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE hot{number} AS {sql}")
            nulls = ", ".join(["NULL"] * statement.sql.count("%s"))
            cursor.execute(f"EXPLAIN EXECUTE hot{number} ({nulls})")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
            cursor.execute(f"DEALLOCATE hot{number}")
    assert len(plans) == 2 + 2 * 7 + 1
    assert [plan for plan in plans if "Seq Scan" in plan or "Index" not in plan] == []


def test_rows_have_the_properties_of_the_model(member: Any, shared: Secret) -> None:
    row = ShownSecret._make(Secret.objects.values_list(*ShownSecret._fields).get(pk=shared.pk))
    for name in ("owner", "secret_id", "etag", "is_damaged", "is_quarantined"):
        assert getattr(row, name) == getattr(shared, name)
    assert [getattr(shared, name) for name in ShownSecret._fields] == list(row)


def test_a_token_is_usable_as_the_database_says(member: Any) -> None:
    row = service_token_for(member, name="reader", scopes=READ).row
    now = timezone.now()
    for revoked, expires in [(None, None), (now, None), (None, now), (None, now + timedelta(days=1))]:
        ServiceToken.objects.filter(pk=row.pk).update(revoked_at=revoked, expires_at=expires)
        row.refresh_from_db()
        assert row.is_usable == ServiceToken.objects.usable().filter(pk=row.pk).exists()


@pytest.mark.parametrize("token_columns", [{}, {"revoked_at": NOW}, {"expires_at": NOW}])
def test_a_grant_is_usable_as_the_database_says(
    member: Any, make_task: MakeTask, token_columns: dict[str, Any]
) -> None:
    row = TaskGrant.objects.get(pk=make_task(member).id)
    token = service_token_for(member, name="runner", scopes=[TokenScope.RUNTIME_USE]).row
    ServiceToken.objects.filter(pk=token.pk).update(**token_columns)
    open_ones: list[dict[str, Any]] = [{}, {"max_uses": 2, "uses": 1}]
    ended: list[dict[str, Any]] = [{"revoked_at": NOW}, {"expires_at": NOW}, {"max_uses": 2, "uses": 2}]
    for columns in (*open_ones, *ended):
        for service_token in (None, token.pk):
            as_new = {"max_uses": None, "uses": 0, "revoked_at": None, "expires_at": timezone.now() + timedelta(days=1)}
            TaskGrant.objects.filter(pk=row.pk).update(**{**as_new, "service_token": service_token, **columns})
            found = TaskGrant.objects.select_related("service_token").get(pk=row.pk)
            assert found.is_usable == TaskGrant.objects.usable().filter(pk=row.pk).exists()
            assert found.is_usable == (columns in open_ones and not (service_token and token_columns))


@on_postgresql
def test_a_compiled_query_holds_no_moment(db: None) -> None:
    with pytest.raises(ValueError, match="moment"):
        Compiled.of(ServiceToken.objects.usable().values_list("pk"))
