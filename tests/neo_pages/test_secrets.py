"""The lists of secrets: what they show, how they are narrowed, and what is done to several at once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.staticfiles.finders import find
from django.urls import reverse
from django.utils import timezone

from neo_pages.listing import PER_PAGE
from projects.models import Project
from secrets_app.models import AuditEvent, Secret
from tests.cast import make_project, make_secret
from tests.contract import stored_value
from tests.neo_pages.conftest import SignedIn

PERSONAL = reverse("neo_pages:secrets")
ROW = re.compile(r'<tr id="s-[0-9a-f-]{36}">.*?<th scope="row"><a href="[^"]*">(\w+)</a>', re.DOTALL)


def of(project: Project) -> str:
    return reverse("neo_pages:project_secrets", args=[project.pk])


def names(page: Any) -> list[str]:
    assert page.status_code == 200, page.content
    return ROW.findall(page.content.decode())


@pytest.fixture
def states(member: Any) -> None:
    """Personal secrets of `member`, one for each filter, named for it."""
    now = timezone.now()
    make_secret(member, name="ALWAYS_ON", default_available=True)
    make_secret(member, name="BY_AGENT", created_by_agent=True)
    make_secret(member, name="EXPIRED", expires_at=now - timedelta(days=1))
    make_secret(member, name="EXPIRING_SOON", expires_at=now + timedelta(days=3))
    make_secret(member, name="TOO_SHORT_TO_MASK", value="1234")
    marked: dict[str, dict[str, Any]] = {
        "QUARANTINED": {"quarantine_reason": "agent"},
        "UNUSED": {"created_at": now - timedelta(days=100)},
        "DAMAGED": {"damaged_at": now},
    }
    for name, columns in marked.items():
        Secret.objects.filter(pk=make_secret(member, name=name).pk).update(**columns)


@pytest.mark.parametrize(
    "wanted",
    ["always_on", "by_agent", "quarantined", "expiring_soon", "expired", "unused", "too_short_to_mask", "damaged"],
)
def test_a_filter_shows_what_it_names(wanted: str, states: None, member: Any, signed_in: SignedIn) -> None:
    assert names(signed_in(member).get(f"{PERSONAL}?filter={wanted}")) == [wanted.upper()]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"search": "exp"}, ["EXPIRED", "EXPIRING_SOON"]),
        ({"search": "EXP", "filter": "expired"}, ["EXPIRED"]),
        ({"order": "expires_at", "search": "expir"}, ["EXPIRED", "EXPIRING_SOON"]),
        ({"search": "nothing of this"}, []),
        ({"search": "%"}, []),
        ({"search": "\0expired"}, ["EXPIRED"]),
    ],
)
def test_a_search_looks_for_a_part_of_the_name(
    query: dict[str, str], shown: list[str], states: None, member: Any, signed_in: SignedIn
) -> None:
    assert names(signed_in(member).get(f"{PERSONAL}?{urlencode(query)}")) == shown


@pytest.mark.parametrize("query", ["filter=value", "order=mask", "page=0", "page=-1", "page=\uff19", "page=9" * 40])
def test_what_a_list_does_not_know_is_not_asked(query: str, states: None, member: Any, signed_in: SignedIn) -> None:
    assert signed_in(member).get(f"{PERSONAL}?{query}").status_code == 200


def test_pages_of_a_list_do_not_overlap(member: Any, signed_in: SignedIn) -> None:
    expected = [f"KEY_{index:03}" for index in range(PER_PAGE + 2)]
    for name in expected:
        make_secret(member, name=name)
    first = signed_in(member).get(f"{PERSONAL}?search=key")
    assert 'href="?search=key&amp;order=name&amp;page=2"' in first.content.decode()
    assert names(first) + names(signed_in(member).get(f"{PERSONAL}?search=key&page=2")) == expected


def test_an_empty_list_teaches_the_next_step(member: Any, viewer: Any, project: Project, signed_in: SignedIn) -> None:
    assert "neo secrets set" in signed_in(member).get(PERSONAL).content.decode()
    page = signed_in(viewer).get(of(project)).content.decode()
    assert "Your role lets you see masks only" in page
    assert "Add a secret" not in page.partition("<main")[2]


def test_a_switch_is_one_click(member: Any, project: Project, admin: Any, signed_in: SignedIn) -> None:
    secret, client = make_secret(admin, project_id=project.pk), signed_in(member)
    answer = client.post(f"{of(project)}?search=to", {"switch_on": str(secret.pk)})
    assert answer.headers["Location"] == f"{of(project)}?search=to#s-{secret.pk}"
    assert Secret.objects.get().default_available
    client.post(of(project), {"switch_off": str(secret.pk)})
    assert not Secret.objects.get().default_available
    events = AuditEvent.objects.about(secret.pk).filter(event="secret.updated").order_by("id")
    assert [event.data["default_available"] for event in events] == [True, False]
    assert {event.actor_id for event in events} == {str(member.pk)}


def test_a_viewer_sees_no_button_and_gets_no_act(
    viewer: Any, project: Project, admin: Any, signed_in: SignedIn
) -> None:
    secret, client = make_secret(admin, project_id=project.pk), signed_in(viewer)
    page = client.get(of(project)).content.decode().partition("<main")[2]
    assert secret.name in page
    assert "<button" not in page.partition("<table")[2]
    answer = client.post(of(project), {"switch_on": str(secret.pk)}, follow=True)
    assert "Your role in the project does not allow this" in answer.content.decode()
    assert not Secret.objects.get().default_available


def test_secrets_of_others_cannot_be_chosen(member: Any, admin: Any, signed_in: SignedIn) -> None:
    foreign = make_secret(admin, name="FOREIGN")
    for act in ("on", "delete", "send"):
        signed_in(member).post(PERSONAL, {"act": act, "chosen": [str(foreign.pk), "no id", ""], "confirmed": "1"})
    assert not Secret.objects.get(pk=foreign.pk).default_available


def test_several_are_deleted_after_a_question(member: Any, signed_in: SignedIn) -> None:
    secrets, client = [make_secret(member, name=name) for name in ("A", "B", "C")], signed_in(member)
    chosen = {"act": "delete", "chosen": [str(secret.pk) for secret in secrets[:2]]}
    question = client.post(PERSONAL, chosen).content.decode()
    assert "Delete 2 secrets?" in question
    assert Secret.objects.count() == 3
    answer = client.post(PERSONAL, chosen | {"confirmed": "1"}, follow=True)
    assert "2 deleted." in answer.content.decode()
    assert list(Secret.objects.values_list("name", flat=True)) == ["C"]


def test_a_refusal_of_one_does_not_stop_the_others(member: Any, project: Project, signed_in: SignedIn) -> None:
    secrets = [make_secret(member, name=name) for name in ("A", "B")]
    make_secret(member, name="B", project_id=project.pk)
    form = {"act": "send", "chosen": [str(each.pk) for each in secrets], "confirmed": "1", "way": "move"}
    answer = signed_in(member).post(PERSONAL, form | {"destination": str(project.pk)}, follow=True)
    page = answer.content.decode()
    assert "1 moved." in page
    assert "B: This owner already has a secret with this name." in page
    assert set(Secret.objects.values_list("name", "project_id")) == {
        ("A", project.pk),
        ("B", project.pk),
        ("B", None),
    }


def test_several_are_copied_and_stay(member: Any, signed_in: SignedIn) -> None:
    project = make_project(member, name="Beyond")
    secret = make_secret(member, name="A", value="value-of-a-0123456789")
    form = {"act": "send", "chosen": [str(secret.pk)], "confirmed": "1", "way": "copy"}
    signed_in(member).post(PERSONAL, form | {"destination": str(project.pk)})
    copy = Secret.objects.get(project=project)
    assert stored_value(copy.pk) == stored_value(secret.pk) == "value-of-a-0123456789"


def test_sending_asks_where_to_and_names_no_project_of_others(member: Any, admin: Any, signed_in: SignedIn) -> None:
    make_project(member, name="Mine")
    make_project(admin, name="Hidden from members")
    secret = make_secret(member)
    page = signed_in(member).post(PERSONAL, {"act": "send", "chosen": [str(secret.pk)]}).content.decode()
    assert "Mine" in page
    assert "Hidden from members" not in page


def test_promoting_several_tells_which_need_an_admin(member: Any, project: Project, signed_in: SignedIn) -> None:
    ours = make_secret(member, name="NODE_OPTIONS", project_id=project.pk)
    answer = signed_in(member).post(of(project), {"act": "promote", "chosen": [str(ours.pk)]}, follow=True)
    assert "NODE_OPTIONS: Your role in the project does not allow this" in answer.content.decode()
    assert Secret.objects.get().is_quarantined


def test_nothing_chosen_changes_nothing_and_says_so(member: Any, signed_in: SignedIn) -> None:
    make_secret(member)
    answer = signed_in(member).post(PERSONAL, {"act": "delete", "confirmed": "1"}, follow=True)
    assert "choose secrets in the list first" in answer.content.decode()
    assert Secret.objects.count() == 1


def test_a_long_list_costs_no_more_and_weighs_little(
    member: Any, signed_in: SignedIn, django_assert_num_queries: Any
) -> None:
    for index in range(3):
        make_secret(member, name=f"KEY_{index}")
    client = signed_in(member)
    with django_assert_num_queries(4):
        client.get(PERSONAL)
    for index in range(3, PER_PAGE):
        make_secret(member, name=f"KEY_{index}")
    with django_assert_num_queries(5):
        # One more, which counts the rows of a list that has a full page.
        page = client.get(PERSONAL)
    files = (Path(find(f"neo_pages/{name}") or "") for name in ("style.css", "behaviour.js", "icon.svg"))
    assert len(page.content) + sum(file.stat().st_size for file in files) < 100_000
