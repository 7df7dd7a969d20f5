"""Tasks that are retried with the same token, and tasks that are resumed in the same thread."""

from __future__ import annotations

from typing import Any

from neo_base.access.actors import Actor
from projects.actions import remove_member
from projects.models import Project
from secrets_app.actions.secrets import delete_secret, update_secret
from secrets_app.fields import Sealed
from secrets_app.models import AuditEvent, Secret, TaskGrant
from secrets_app.plaintext import Plaintext
from tests.cast import Api, ApiClient, make_secret
from tests.secrets_app.task import MakeTask, make_task

__all__ = ["make_task"]

GRANTS = "/api/v1/task-grants"


def uses() -> list[int]:
    exposures = AuditEvent.objects.filter(event="environment.exposed").order_by("id")
    return [event.data["use"] for event in exposures]


def set_value(user: Any, secret: Secret, value: str) -> None:
    update_secret(actor=Actor.from_user(user), secret_id=secret.id, value=Plaintext(value))


def resume(client: ApiClient, thread: str, project: Project) -> Any:
    """Create a grant for the next task of a thread, which selects nothing by itself."""
    return client.post(GRANTS, {"project_id": str(project.id), "thread_id": thread, "secrets": []})


def names_in(answer: Any) -> list[str]:
    return sorted(each["name"] for each in answer.json()["secrets"])


def test_each_retry_gets_the_same_values_and_is_recorded(member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member, value="of the grant")
    task = make_task(member, "TOKEN", max_uses=3)
    for use in (1, 2):
        assert task.environment() == {"TOKEN": "of the grant"}
        set_value(member, secret, f"a later one, {use}")
    assert task.environment() == {"TOKEN": "of the grant"}
    assert uses() == [1, 2, 3]
    assert task.fetch().status_code == 401
    assert uses() == [1, 2, 3]


def test_a_retry_after_a_refusal_costs_no_use(member: Any, make_task: MakeTask) -> None:
    secret = make_secret(member)
    task = make_task(member, "TOKEN", max_uses=1)
    Secret.objects.update(value=Sealed(b"damaged"))
    for _ in range(3):
        assert task.fetch().status_code == 409
    assert (uses(), TaskGrant.objects.get().uses) == ([], 0)
    Secret.objects.update(value=secret.value)
    assert task.fetch().status_code == 200


def test_a_retried_creation_makes_no_second_secret(member: Any, make_task: MakeTask) -> None:
    task = make_task(member, scopes=["secrets:create"])
    assert [task.create("MADE").status_code for _ in range(3)] == [201, 409, 409]
    assert Secret.objects.filter(name__startswith="MADE").count() == 1


def test_a_resumed_task_gets_what_its_thread_selected_as_it_is_now(api: Api, member: Any, project: Project) -> None:
    client = api(member)
    rows = [make_secret(member, name=name, project_id=project.id) for name in ("KEPT", "GONE", "OTHER")]
    selected = {"project_id": str(project.id), "thread_id": "thread", "secrets": ["KEPT", "GONE"]}
    assert client.post(GRANTS, selected).status_code == 201
    set_value(member, rows[0], "of the resumed task")
    delete_secret(actor=Actor.from_user(member), secret_id=rows[1].id)
    resumed = resume(client, "thread", project)
    assert names_in(resumed) == ["KEPT"]
    task = ApiClient(bearer=resumed.json()["token"])
    environment = task.post("/api/v1/runtime/environment").json()["environment"]
    assert environment == {"KEPT": "of the resumed task"}


def test_a_resumed_thread_gives_nothing_to_others(
    api: Api, admin: Any, member: Any, viewer: Any, project: Project
) -> None:
    make_secret(member, name="CHOSEN", project_id=project.id)
    selected = {"project_id": str(project.id), "thread_id": "thread", "secrets": ["CHOSEN"]}
    assert api(member).post(GRANTS, selected).status_code == 201
    assert names_in(resume(api(admin), "thread", project)) == []
    assert resume(api(viewer), "thread", project).status_code == 403
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    assert resume(api(member), "thread", project).status_code == 403


def test_a_resumed_thread_gives_no_secret_that_is_in_quarantine_now(api: Api, member: Any, project: Project) -> None:
    secret = make_secret(member, name="CHOSEN", project_id=project.id)
    selected = {"project_id": str(project.id), "thread_id": "thread", "secrets": ["CHOSEN"]}
    assert api(member).post(GRANTS, selected).status_code == 201
    Secret.objects.filter(pk=secret.pk).update(
        quarantine_reason="agent", grant_id="00000000-0000-4000-8000-000000000000"
    )
    assert names_in(resume(api(member), "thread", project)) == []
