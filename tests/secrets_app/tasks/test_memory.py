"""The names that threads remember, each for one user: by thread, and in a project for all of the user's threads."""

from __future__ import annotations

from typing import Any

import pytest

from neo_base.access.actors import Actor
from projects.actions import remove_member
from projects.models import Project
from secrets_app.actions.secrets import delete_secret
from secrets_app.models import RememberedName
from tests.cast import Api, ApiClient, make_secret

GRANTS = "/api/v1/task-grants"
REMEMBERED = "/api/v1/remembered-secrets"


def granted(client: ApiClient, thread: str | None, *names: str, project: Project | None = None) -> list[Any]:
    """Create a grant for the thread; return the name and the reason of each granted secret."""
    body: dict[str, Any] = {"secrets": list(names), "project_id": str(project.id) if project else None}
    answer = client.post(GRANTS, body | ({"thread_id": thread} if thread else {}))
    return [(row["name"], row["reason"]) for row in answer.json()["secrets"]]


def remembered(client: ApiClient, query: str = "") -> list[Any]:
    rows = client.get(REMEMBERED + query).json()["results"]
    return [(row["thread_id"], row["owner"], row["name"]) for row in rows]


@pytest.fixture(autouse=True)
def _secrets(member: Any, project: Project) -> None:
    for name in ("A", "B"):
        make_secret(member, name=name)
        make_secret(member, name=f"{name}_SHARED", project_id=project.id)


def test_a_thread_remembers_the_names_it_selected(api: Api, member: Any) -> None:
    client = api(member)
    assert granted(client, "one", "A") == [("A", "selected")]
    assert granted(client, "one", "B") == [("A", "remembered"), ("B", "selected")]
    assert granted(client, "one") == [("A", "remembered"), ("B", "remembered")]
    assert granted(client, "two") == []
    assert granted(client, None) == []


def test_in_a_project_only_the_users_own_threads_share_names(
    api: Api, admin: Any, member: Any, project: Project
) -> None:
    client = api(member)
    granted(client, "one", "A_SHARED", "A", project=project)
    assert granted(client, "two", project=project) == [("A", "remembered"), ("A_SHARED", "remembered")]
    assert granted(client, "one") == []
    make_secret(admin, name="A")
    assert granted(api(admin), "one", project=project) == []


def test_names_of_deleted_secrets_are_forgotten_without_an_error(api: Api, member: Any, project: Project) -> None:
    client, secret = api(member), make_secret(member, name="C")
    granted(client, "one", "A", "C")
    delete_secret(actor=Actor.from_user(member), secret_id=secret.id)
    client.post(f"{GRANTS}/explain", {"thread_id": "one"})
    assert len(remembered(client)) == 2
    assert granted(client, "one") == [("A", "remembered")]
    make_secret(member, name="C")
    assert granted(client, "one") == [("A", "remembered")]


def test_a_later_project_secret_does_not_replace_a_personal_one(
    api: Api, admin: Any, member: Any, project: Project
) -> None:
    client = api(member)
    granted(client, "one", "A", project=project)
    make_secret(admin, name="A", project_id=project.id, default_available=True)
    assert granted(client, "one", project=project) == [("A", "remembered")]
    assert RememberedName.objects.get().owner_kind == "personal"


def test_each_name_is_remembered_once(api: Api, member: Any, project: Project) -> None:
    for _ in range(3):
        granted(api(member), "one", "A")
        granted(api(member), "one", "A_SHARED", project=project)
    assert RememberedName.objects.count() == 2


def test_names_are_listed_and_cleared_by_project_and_thread(api: Api, member: Any, project: Project) -> None:
    client, of_project = api(member), f"?project_id={project.id}"
    granted(client, "one", "A")
    granted(client, "two", "B")
    granted(client, "one", "A_SHARED", project=project)
    assert remembered(client, of_project) == [("one", "project", "A_SHARED")]
    assert len(remembered(client, "?thread_id=one")) == 2
    assert remembered(client, f"{of_project}&thread_id=two") == []
    assert client.get(f"{REMEMBERED}?limit=1").json()["count"] == 3
    assert client.delete(REMEMBERED + of_project).status_code == 204
    assert remembered(client) == [("one", "personal", "A"), ("two", "personal", "B")]
    assert client.delete(f"{REMEMBERED}?thread_id=one").status_code == 204
    assert remembered(client) == [("two", "personal", "B")]
    assert client.delete(REMEMBERED).status_code == 204
    assert not RememberedName.objects.exists()


def test_another_user_can_neither_list_nor_clear_them(api: Api, admin: Any, member: Any, project: Project) -> None:
    granted(api(member), "one", "A_SHARED", project=project)
    assert remembered(api(admin)) == []
    api(admin).delete(REMEMBERED)
    api(admin).delete(f"{REMEMBERED}?project_id={project.id}")
    assert RememberedName.objects.count() == 1


def test_a_removed_member_sees_no_names_of_the_project(api: Api, admin: Any, member: Any, project: Project) -> None:
    granted(api(member), "one", "A_SHARED", project=project)
    remove_member(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk)
    assert remembered(api(member)) == []
    assert api(member).get(f"{REMEMBERED}?project_id={project.id}").status_code == 403


@pytest.mark.parametrize("query", ["?project_id=x", "?thread_id=", "?name=A", "?thread_id=a&thread_id=b"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_query_parameters_are_refused(api: Api, member: Any, method: str, query: str) -> None:
    granted(api(member), "one", "A")
    assert api(member).request(method, REMEMBERED + query).status_code == 400
    assert RememberedName.objects.count() == 1
