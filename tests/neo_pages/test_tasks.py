"""The page that tells what a task would see, and the grant that one makes from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from projects.models import Project
from secrets_app.models import AuditEvent, TaskGrant
from tests.cast import CANARY, ApiClient, make_secret
from tests.neo_pages.people import at_the_pages, text_of
from tests.neo_pages.test_tokens import shown_token
from tests.secrets_app.task import ENVIRONMENT

pytestmark = pytest.mark.once

TASKS, GRANT = reverse("neo_pages:tasks"), reverse("neo_pages:grant")


def rows(answer: Any) -> dict[str, str]:
    """Return what the table says of each name."""
    table = answer.content.decode().partition('id="answer"')[2].partition("</table>")[0]
    lines = [text_of(_Piece(line)) for line in table.split("<tr>")[2:]]
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines}


class _Piece:
    def __init__(self, text: str) -> None:
        self.content = text.encode()


def test_it_tells_of_each_secret_whether_and_why(member: Any, admin: Any, project: Project) -> None:
    at: Any = {"project_id": project.pk}
    make_secret(member, name="ALWAYS", default_available=True, **at)
    make_secret(member, name="CHOSEN", **at)
    make_secret(member, name="NOT_CHOSEN", **at)
    make_secret(member, name="OVER", default_available=True, expires_at=timezone.now() - timedelta(1), **at)
    make_secret(member, name="LD_PRELOAD", default_available=True, **at)
    make_secret(member, name="SHORT", value="x", default_available=True)
    sent = {"project": str(project.pk), "names": "CHOSEN", "include_default": "on"}
    answer = at_the_pages(member).post(TASKS, sent)
    assert rows(answer) == {
        "ALWAYS": "The project's yes It is always on.",
        "CHOSEN": "The project's yes The task selects it.",
        "LD_PRELOAD": "The project's no Its name changes how programs run. A task gets it only by selecting it.",
        "OVER": "The project's no It has expired. Set a later expiry, or a new one.",
        "SHORT": "Yours yes It is always on. Its value is too short to be hidden in what the task prints.",
    }
    assert CANARY not in answer.content.decode()
    assert not TaskGrant.objects.exists()
    assert not AuditEvent.objects.filter(event="grant.created").exists()


def test_an_unknown_name_is_said(member: Any) -> None:
    assert "There is no secret MISSING here." in text_of(at_the_pages(member).post(TASKS, {"names": "MISSING"}))


def test_something_that_is_no_name_is_not_repeated(member: Any) -> None:
    answer = at_the_pages(member).post(TASKS, {"names": f"{CANARY} A"})
    assert "Write names like DATABASE_URL" in text_of(answer)
    assert CANARY not in text_of(answer)


def test_a_grant_is_made_and_its_token_shown_once(member: Any, project: Project) -> None:
    make_secret(member, project_id=project.pk)
    make_secret(member, name="OTHER", default_available=True, project_id=project.pk)
    sent = {"project": str(project.pk), "names": "TOKEN", "include_default": "False", "minutes": "5", "max_uses": "1"}
    client = at_the_pages(member)
    answer = client.post(GRANT, sent | {"task_id": "try"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    page = text_of(answer)
    for command in (
        "curl --silent",
        "urllib.request",
        f"neo run --project {project.pk} --secret TOKEN --no-default -- COMMAND",
    ):
        assert command in page
    task, headers = ApiClient(), {"Authorization": f"Bearer {shown_token(answer)}"}
    assert task.post(ENVIRONMENT, **headers).json()["environment"] == {"TOKEN": CANARY}
    assert task.post(ENVIRONMENT, **headers).status_code == 401
    assert shown_token(answer) not in client.get(TASKS).content.decode()


def test_the_form_of_a_grant_carries_the_selection(member: Any) -> None:
    make_secret(member)
    page = at_the_pages(member).post(TASKS, {"names": "TOKEN"}).content.decode()
    carried = page.partition(f'action="{GRANT}"')[2]
    for field in ('name="names" value="TOKEN"', 'name="include_default" value="False"', 'name="project"'):
        assert field in carried


def test_terms_that_do_not_go_are_said_in_the_form(member: Any) -> None:
    answer = at_the_pages(member).post(GRANT, {"names": "", "include_default": "True", "minutes": "500000"})
    assert "This site does not allow task grants to last that long." in text_of(answer)
    assert not TaskGrant.objects.exists()


def test_a_viewer_may_give_a_project_task_nothing(viewer: Any, project: Project) -> None:
    sent = {"project": str(project.pk), "names": "", "minutes": "5"}
    client = at_the_pages(viewer)
    assert [client.post(address, sent).status_code for address in (TASKS, GRANT)] == [403, 403]


def test_a_grant_is_revoked_by_its_grantor_alone(member: Any, admin: Any) -> None:
    client = at_the_pages(member)
    client.post(GRANT, {"names": "", "include_default": "True", "minutes": "5"})
    address = reverse("neo_pages:grant_revoke", args=[TaskGrant.objects.get().pk])
    assert at_the_pages(admin).post(address).status_code == 404
    assert TaskGrant.objects.usable().exists()
    client.post(address)
    assert not TaskGrant.objects.usable().exists()
