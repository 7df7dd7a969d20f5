"""Other people's personal secrets in the audit log: counted, never named; neither in the API nor in the admin."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.secrets import delete_secret
from secrets_app.audit.belonging import CHUNK
from secrets_app.audit.export import lines
from secrets_app.audit.granted_sets import expand
from secrets_app.audit.readers import shown_to
from secrets_app.models import AuditEvent, Secret, TaskGrant
from tests.cast import Api, make_secret, make_user
from tests.secrets_app.task import MakeTask

AUDIT = "/api/v1/audit"
EVENTS = reverse("admin:secrets_app_auditevent_changelist")
HIDDEN = "PRIVATE_BANK_PASSWORD"
NOTHING: dict[str, Any] = {"next": None, "results": []}


@pytest.fixture
def shared(member: Any, project: Project) -> Secret:
    return make_secret(member, name="SHARED", project_id=project.id, default_available=True)


@pytest.fixture
def personal(member: Any) -> Secret:
    return make_secret(member, name=HIDDEN, default_available=True)


@pytest.fixture
def grant(member: Any, project: Project, shared: Secret, personal: Secret, make_task: MakeTask) -> TaskGrant:
    """A grant of the member for the project, which got a secret of the project and a personal one."""
    task = make_task(member, project_id=project.id)
    assert set(task.environment()) == {"SHARED", HIDDEN}
    return TaskGrant.objects.get(pk=task.id)


def entries(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return {row["event"]: row["data"] for row in answer.json()["results"]}


def of_project(project: Project, **query: Any) -> str:
    return f"{AUDIT}?project_id={project.id}" + "".join(f"&{name}={value}" for name, value in query.items())


# The API


@pytest.mark.parametrize("event", ["grant.created", "environment.exposed"])
def test_admin_of_the_project_sees_a_count_of_personal_secrets(
    event: str, api: Api, admin: Any, project: Project, grant: TaskGrant, shared: Secret, personal: Secret
) -> None:
    answer = api(admin).get(of_project(project))
    data = entries(answer)[event]
    assert data["secrets"] == [{"id": str(shared.id), "name": "SHARED", "version": 1}]
    assert data["personal_secrets"] == 1
    assert HIDDEN not in answer.text
    assert str(personal.id) not in answer.text


def test_member_who_started_the_task_sees_them_in_full(
    api: Api, admin: Any, project: Project, make_task: MakeTask, shared: Secret
) -> None:
    own = make_secret(admin, name="OWN", default_available=True)
    make_task(admin, project_id=project.id).environment()
    for event in ("grant.created", "environment.exposed"):
        data = entries(api(admin).get(of_project(project)))[event]
        assert {each["name"] for each in data["secrets"]} == {"SHARED", "OWN"}
        assert "personal_secrets" not in data
    found = entries(api(admin).get(of_project(project, secret_id=own.id)))
    assert set(found) == {"environment.exposed"}


def test_personal_task_is_seen_in_full_by_its_owner(
    api: Api, member: Any, personal: Secret, make_task: MakeTask
) -> None:
    make_task(member).environment()
    data = entries(api(member).get(AUDIT))
    for event in ("grant.created", "environment.exposed"):
        assert [each["name"] for each in data[event]["secrets"]] == [HIDDEN]
        assert "personal_secrets" not in data[event]


def test_personal_secret_that_is_gone_stays_hidden(
    api: Api, admin: Any, member: Any, project: Project, grant: TaskGrant, personal: Secret
) -> None:
    delete_secret(actor=Actor.from_user(member), secret_id=personal.id)
    answer = api(admin).get(of_project(project))
    assert entries(answer)["environment.exposed"]["personal_secrets"] == 1
    assert HIDDEN not in answer.text


def test_secret_of_the_project_stays_named_when_it_is_gone(
    api: Api, admin: Any, member: Any, project: Project, grant: TaskGrant, shared: Secret
) -> None:
    delete_secret(actor=Actor.from_user(member), secret_id=shared.id)
    data = entries(api(admin).get(of_project(project)))["environment.exposed"]
    assert ([each["name"] for each in data["secrets"]], data["personal_secrets"]) == (["SHARED"], 1)
    assert "environment.exposed" in entries(api(admin).get(of_project(project, secret_id=shared.id)))


@pytest.mark.parametrize(
    "query", [{}, {"actor": "MEMBER"}, {"event": "environment.exposed"}, {"event": "grant.created"}]
)
def test_id_of_a_hidden_secret_finds_what_a_random_id_finds(
    query: dict[str, str], api: Api, admin: Any, member: Any, project: Project, grant: TaskGrant, personal: Secret
) -> None:
    client = api(admin)
    asked = {name: value.replace("MEMBER", str(member.pk)) for name, value in query.items()}
    addresses = [of_project(project, secret_id=each, **asked) for each in (personal.id, uuid4())]
    assert [client.get(address).json() for address in addresses] == [NOTHING] * 2
    delete_secret(actor=Actor.from_user(member), secret_id=personal.id)
    assert [client.get(address).json() for address in addresses] == [NOTHING] * 2


def test_another_admins_own_secret_does_not_open_the_members(
    api: Api, admin: Any, project: Project, grant: TaskGrant, shared: Secret
) -> None:
    """The events by the id of a project's secret are the same ones, with the same count."""
    answer = api(admin).get(of_project(project, secret_id=shared.id))
    assert entries(answer)["environment.exposed"]["personal_secrets"] == 1
    assert HIDDEN not in answer.text


def test_page_costs_the_same_with_many_events(
    api: Api, admin: Any, member: Any, project: Project, grant: TaskGrant, make_task: MakeTask
) -> None:
    client = api(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(of_project(project))
        return len(captured)

    one = queries()
    task = make_task(member, project_id=project.id)
    for _ in range(5):
        task.environment()
    assert queries() == one


def test_more_secrets_than_one_query_takes_are_told_apart(member: Any, admin: Any, project: Project) -> None:
    shared = make_secret(member, name="SHARED", project_id=project.id)
    named = [{"id": str(uuid4()), "name": "P", "version": 1} for _ in range(2 * CHUNK)]
    kept = {"id": str(shared.id), "name": "SHARED", "version": 1}
    event = AuditEvent(event="environment.exposed", project_id=project.id, actor_kind="user", actor_id=str(member.pk))
    event.data = {"secrets": [*named, kept], "use": 1}
    (shown,) = shown_to(admin, [event])
    assert shown.data == {"secrets": [kept], "personal_secrets": 2 * CHUNK, "use": 1}


def test_log_and_export_stay_whole(api: Api, admin: Any, project: Project, grant: TaskGrant, personal: Secret) -> None:
    api(admin).get(of_project(project))
    for event in expand(AuditEvent.objects.filter(event__in=["grant.created", "environment.exposed"])):
        assert {each["name"] for each in event.data["secrets"]} == {"SHARED", HIDDEN}
    assert sum(HIDDEN in line for line in lines()) == 3


# The admin


@pytest.fixture
def reader(client: Client, staff: Any) -> Client:
    """An operator who may read the audit log and task grants, and no secrets."""
    allow(staff, "view_auditevent", "view_taskgrant")
    client.force_login(staff)
    return client


def allow(user: Any, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def pages_of(client: Client, *rows: Any) -> str:
    """The text of every page that tells of these rows, and of the lists and the index."""
    addresses = [EVENTS, reverse("admin:index"), "/admin/secrets_app/"]
    addresses += [reverse(f"admin:secrets_app_{row._meta.model_name}_change", args=[row.pk]) for row in rows]
    answers = [client.get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.text for answer in answers)


def test_reader_of_the_admin_sees_no_personal_secret(reader: Client, grant: TaskGrant, personal: Secret) -> None:
    text = pages_of(reader, grant, *AuditEvent.objects.all())
    assert "SHARED" in text
    assert "personal_secrets: 1" in text
    assert HIDDEN not in text
    assert str(personal.id) not in text


def test_reader_sees_no_secret_of_a_personal_task(
    reader: Client, member: Any, personal: Secret, make_task: MakeTask
) -> None:
    make_task(member).environment()
    text = pages_of(reader, *TaskGrant.objects.all(), *AuditEvent.objects.all())
    assert HIDDEN not in text
    assert str(personal.id) not in text
    assert "personal_secrets: 1" in text


def test_reader_sees_their_own(reader: Client, staff: Any, make_task: MakeTask) -> None:
    own = make_secret(staff, name="MY_OWN", default_available=True)
    make_task(staff).environment()
    text = pages_of(reader, *TaskGrant.objects.all(), *AuditEvent.objects.all())
    assert "MY_OWN" in text
    assert "personal_secrets" not in text
    assert found(reader, f"subject_id={own.id}") == ["secret.created"]


@pytest.mark.parametrize("permission", ["view_secret", "change_secret"])
def test_operator_who_sees_the_list_of_secrets_sees_them_here(
    reader: Client, staff: Any, grant: TaskGrant, personal: Secret, permission: str
) -> None:
    allow(staff, permission)
    text = pages_of(reader, grant, *AuditEvent.objects.all())
    assert HIDDEN in text
    assert "personal_secrets" not in text
    assert found(reader, f"subject_id={personal.id}") == ["secret.created"]


def found(client: Client, query: str) -> list[str]:
    answer = client.get(f"{EVENTS}?{query}")
    assert answer.status_code == 200
    return [event.event for event in answer.context["cl"].result_list]


@pytest.mark.parametrize("query", ["subject_id={}", "q={}", "q=%22{}%22", "q=%27{}%27", "q=+{}+", "q={}&kind=secret"])
def test_filter_and_search_find_no_hidden_subject(
    query: str, reader: Client, staff: Any, personal: Secret, shared: Secret
) -> None:
    assert found(reader, query.format(personal.id)) == []
    assert found(reader, query.format(shared.id)) == ["secret.created"]
    allow(staff, "view_secret")
    assert found(reader, query.format(personal.id)) == ["secret.created"]


def test_refused_attempt_on_a_personal_secret_hides_it_too(reader: Client, api: Api, personal: Secret) -> None:
    api(make_user("curious")).get(f"/api/v1/secrets/{personal.id}")
    event = AuditEvent.objects.get(event="access.denied")
    assert event.subject_label == HIDDEN
    text = pages_of(reader, event)
    assert HIDDEN not in text
    assert found(reader, f"subject_id={personal.id}") == []


def test_deletion_of_a_user_counts_their_secrets_and_names_none(
    reader: Client, staff: Any, member: Any, personal: Secret, grant: TaskGrant
) -> None:
    staff.user_permissions.add(*Permission.objects.filter(codename__startswith="delete_"))
    address = reverse("admin:auth_user_delete", args=[member.pk])
    chosen = {"action": "delete_selected", "_selected_action": [member.pk]}
    listed = reverse("admin:auth_user_changelist")
    allow(staff, "view_user")
    for text in (reader.get(address).text, reader.post(listed, chosen).text):
        assert "Secrets: 1" in text
        assert HIDDEN not in text
    allow(staff, "view_secret")
    assert HIDDEN in reader.get(address).text


def test_grants_are_not_found_by_a_hidden_secret(
    reader: Client, staff: Any, grant: TaskGrant, personal: Secret
) -> None:
    address = reverse("admin:secrets_app_taskgrant_changelist") + f"?granted__secret__id__exact={personal.id}"
    assert reader.get(address).status_code == 400
    allow(staff, "view_secret")
    assert [row.pk for row in reader.get(address).context["cl"].result_list] == [grant.pk]
