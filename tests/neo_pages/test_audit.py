"""The pages of the audit log: filters, pages, and what they keep from readers."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.secrets import update_secret
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, make_secret
from tests.neo_pages.people import at_the_pages, text_of
from tests.secrets_app.task import MakeTask

pytestmark = pytest.mark.once

OWN = reverse("neo_pages:audit")


def log_of(project: Project, query: str = "") -> str:
    return reverse("neo_pages:project_audit", args=[project.pk]) + query


def events(answer: Any) -> list[str]:
    assert answer.status_code == 200
    rows = answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [row.partition('<code class="quiet">')[2].partition("</code>")[0] for row in rows.split("<tr>")[1:]]


def test_an_admin_reads_what_happened_and_who_did_it(admin: Any, member: Any, project: Project) -> None:
    make_secret(member, project_id=project.pk)
    answer = at_the_pages(admin).get(log_of(project))
    assert events(answer) == ["secret.created", "member.added", "member.added", "project.created"]
    for told in ("A secret was created.", "TOKEN", "member"):
        assert told in text_of(answer)
    assert CANARY not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?event=member.added", 2),
        ("?who=member", 1),
        ("?name=TOKEN", 3),
        ("?name=NOTHING", 0),
        ("?since=2020-01-01&until=2020-01-02", 0),
        ("?since=2020-01-01&until=2999-01-01", 7),
        ("?before=00000000-0000-0000-0000-000000000000", 0),
    ],
)
def test_filters_narrow_it(
    admin: Any, member: Any, project: Project, make_task: MakeTask, query: str, expected: int
) -> None:
    secret = make_secret(member, project_id=project.pk)
    update_secret(actor=Actor.from_user(admin), secret_id=secret.pk, value=Plaintext("another"))
    make_task(admin, "TOKEN", project_id=project.pk).environment()
    found = events(at_the_pages(admin).get(log_of(project, query)))
    assert len(found) == expected


def test_a_filter_that_is_none_is_said(admin: Any, project: Project) -> None:
    answer = at_the_pages(admin).get(log_of(project, "?event=nonsense&since=x"))
    assert "Select a valid choice." in text_of(answer)


def test_other_peoples_personal_secrets_are_counted_and_not_named(
    admin: Any, member: Any, project: Project, make_task: MakeTask
) -> None:
    make_secret(member, name="PRIVATE_DIARY", default_available=True)
    make_task(member, project_id=project.pk).environment()
    answer = at_the_pages(admin).get(log_of(project))
    assert "environment.exposed" in events(answer)
    assert "personal_secrets" in text_of(answer)
    assert "PRIVATE_DIARY" not in answer.content.decode()


def test_everybody_reads_their_own(member: Any, admin: Any) -> None:
    make_secret(member)
    assert events(at_the_pages(member).get(OWN)) == ["session.started", "secret.created"]
    assert "secret.created" not in events(at_the_pages(admin).get(OWN))


def test_earlier_events_are_a_link_away(member: Any) -> None:
    secret = make_secret(member)
    for number in range(50):
        update_secret(actor=Actor.from_user(member), secret_id=secret.pk, changes={"description": str(number)})
    client = at_the_pages(member)
    first = client.get(OWN)
    assert len(events(first)) == 50
    link = first.content.decode().partition('rel="next" href="')[2].partition('"')[0]
    assert events(client.get(OWN + link)) == ["secret.updated", "secret.created"]


def test_statements_do_not_grow_with_the_events(member: Any, django_assert_num_queries: Any) -> None:
    client, secret = at_the_pages(member), make_secret(member)
    for _ in range(30):
        update_secret(actor=Actor.from_user(member), secret_id=secret.pk, changes={"description": "x"})
    with django_assert_num_queries(4):
        client.get(OWN)
