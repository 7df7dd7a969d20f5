"""A form that is sent twice, by a double click or after its answer was lost, makes one thing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from neo_base.mail import NO_BACKEND
from projects.models import Invitation, Project
from secrets_app import vault
from secrets_app.models import KeptAnswer, Secret, ServiceToken, TaskGrant
from tests.cast import CANARY, make_secret
from tests.neo_pages.people import at_the_pages, text_of

pytestmark = pytest.mark.once

ONCE = re.compile(r'name="(?:\w+-)?once" value="([0-9a-f-]{36})"')
KEY = "0f0f0f0f-0000-4000-8000-00000000000{}"


def twice(client: Client, address: str, sent: dict[str, Any], *, prefix: str = "") -> list[Any]:
    return [client.post(address, sent | {f"{prefix}once": KEY.format(1)}) for _ in range(2)]


@pytest.mark.parametrize("page", ["secret_new", "projects", "tokens"])
def test_each_form_has_an_id_of_its_own(member: Any, page: str) -> None:
    client = at_the_pages(member)
    found = [ONCE.findall(client.get(reverse(f"neo_pages:{page}")).content.decode()) for _ in range(2)]
    assert [len(ids) for ids in found] == [1, 1]
    assert found[0] != found[1]


def test_a_secret_is_stored_once_and_shown_twice(member: Any) -> None:
    client, sent = at_the_pages(member), {"name": "TOKEN", "value": CANARY}
    answers = twice(client, reverse("neo_pages:secret_new"), sent)
    there = reverse("neo_pages:secret", args=[Secret.objects.get().pk])
    assert [(each.status_code, each.headers["Location"]) for each in answers] == [(302, there)] * 2
    assert "This form was sent twice: the secret is stored, once." in text_of(client.get(there))
    kept = str(list(KeptAnswer.objects.values()))
    assert CANARY not in kept
    assert "TOKEN" not in kept


def test_a_project_is_created_once(member: Any) -> None:
    answers = twice(at_the_pages(member), reverse("neo_pages:projects"), {"name": "Beta"})
    there = reverse("neo_pages:project_members", args=[Project.objects.get(name="Beta").pk])
    assert [each.headers["Location"] for each in answers] == [there] * 2


def test_a_token_is_made_and_shown_once(member: Any) -> None:
    client = at_the_pages(member)
    first, second = twice(client, reverse("neo_pages:tokens"), {"name": "CI", "scopes": ["secrets:read"]})
    assert (first.status_code, second.status_code) == (200, 302)
    assert ServiceToken.objects.count() == 1
    assert "was made and shown once: revoke it" in text_of(client.get(second.headers["Location"]))


def test_a_grant_is_made_once(member: Any, project: Project) -> None:
    make_secret(member, project_id=project.pk)
    sent = {"project": str(project.pk), "names": "TOKEN", "minutes": "15"}
    first, second = twice(at_the_pages(member), reverse("neo_pages:grant"), sent)
    assert (first.status_code, second.status_code) == (200, 302)
    assert TaskGrant.objects.count() == 1


def test_an_invitation_is_mailed_once(
    admin: Any, project: Project, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sent = {"invite-email": "ada@example.com", "invite-role": "viewer"}
    with django_capture_on_commit_callbacks(execute=True):
        twice(at_the_pages(admin), reverse("neo_pages:project_invite", args=[project.pk]), sent, prefix="invite-")
    assert (Invitation.objects.count(), len(mailoutbox)) == (1, 1)


def test_the_link_of_an_invitation_stays_the_one_that_was_shown(admin: Any, project: Project, settings: Any) -> None:
    settings.EMAIL_BACKEND = NO_BACKEND
    sent = {"invite-email": "ada@example.com", "invite-role": "viewer"}
    address = reverse("neo_pages:project_invite", args=[project.pk])
    first, second = twice(at_the_pages(admin), address, sent, prefix="invite-")
    assert (first.status_code, second.status_code) == (200, 302)
    assert Invitation.objects.get().revoked_at is None


def test_a_secret_is_copied_once(member: Any, project: Project) -> None:
    secret = make_secret(member)
    sent = {"way": "copy", "destination": str(project.pk), "name": "TOKEN"}
    answers = twice(at_the_pages(member), reverse("neo_pages:secret_send", args=[secret.pk]), sent)
    there = reverse("neo_pages:secret", args=[Secret.objects.get(project=project).pk])
    assert [each.headers["Location"] for each in answers] == [there] * 2


def test_whoever_goes_back_and_enters_something_else_means_it(member: Any) -> None:
    client, address = at_the_pages(member), reverse("neo_pages:projects")
    for name in ("Beta", "Gamma"):
        client.post(address, {"name": name, "once": KEY.format(1)})
    assert set(Project.objects.values_list("name", flat=True)) == {"Beta", "Gamma"}


@pytest.mark.parametrize("ids", [("", ""), ("no id", "no id"), (KEY.format(1), KEY.format(2))])
def test_without_an_id_or_with_another_one_each_form_counts(member: Any, ids: tuple[str, str]) -> None:
    client, address = at_the_pages(member), reverse("neo_pages:projects")
    for once in ids:
        client.post(address, {"name": "Beta", "once": once})
    assert Project.objects.filter(name="Beta").count() == 2


def test_what_was_refused_can_be_sent_again(member: Any) -> None:
    taken, address = make_secret(member), reverse("neo_pages:secret_new")
    client, sent = at_the_pages(member), {"name": "TOKEN", "value": CANARY, "once": KEY.format(1)}
    assert client.post(address, sent).status_code == 200
    taken.delete()
    assert client.post(address, sent).status_code == 302
    assert vault.open_value(Secret.objects.get()).reveal() == CANARY


def test_the_form_of_somebody_else_is_another_one(member: Any, admin: Any) -> None:
    for user in (member, admin):
        at_the_pages(user).post(reverse("neo_pages:projects"), {"name": "Beta", "once": KEY.format(1)})
    assert Project.objects.filter(name="Beta").count() == 2
