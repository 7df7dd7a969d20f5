"""The pages of service tokens: made with scopes in words, shown once, listed and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions.tokens import create_token
from secrets_app.models import ServiceToken
from tests.cast import ApiClient
from tests.neo_pages.conftest import SignedIn
from tests.neo_pages.people import at_the_pages, text_of

pytestmark = pytest.mark.once

TOKENS = reverse("neo_pages:tokens")
CI = {"name": "CI", "scopes": ["runtime:use", "secrets:read"]}


def shown_token(answer: Any) -> str:
    page = answer.content.decode()
    return str(page.partition('<pre id="token">')[2].partition("</pre>")[0])


def test_a_new_token_is_shown_once_and_works(member: Any, project: Project) -> None:
    client = at_the_pages(member)
    answer = client.post(TOKENS, CI | {"project": str(project.pk)})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    token = shown_token(answer)
    assert f"export NEO_TOKEN={token}" in answer.content.decode()
    assert f"neo run --project {project.pk} -- printenv" in answer.content.decode()
    assert ApiClient(bearer=token).get(f"/api/v1/secrets?project_id={project.pk}").status_code == 200
    listed = client.get(TOKENS)
    assert token not in listed.content.decode()
    for told in ("CI", "Give tasks their secrets, as neo run does", "Alpha"):
        assert told in text_of(listed)


def test_a_revoked_token_is_gone_and_works_no_more(member: Any) -> None:
    client = at_the_pages(member)
    token = shown_token(client.post(TOKENS, CI))
    client.post(reverse("neo_pages:token_revoke", args=[ServiceToken.objects.get().pk]))
    assert ApiClient(bearer=token).get("/api/v1/secrets").status_code == 401
    assert "You have no token here." in text_of(client.get(TOKENS))


def test_nobody_revokes_anothers_token(member: Any, admin: Any) -> None:
    made = create_token(actor=Actor.from_user(member), name="t", scopes=["secrets:read"])
    assert at_the_pages(admin).post(reverse("neo_pages:token_revoke", args=[made.row.pk])).status_code == 404
    assert ServiceToken.objects.usable().exists()


def test_whoever_signed_in_long_ago_is_asked_to_do_so_again(member: Any, signed_in: SignedIn) -> None:
    client = at_the_pages(member)
    session = client.session
    session["neo_signed_in_at"] = int((timezone.now() - timedelta(hours=1)).timestamp())
    session.save()
    answer = client.post(TOKENS, CI)
    assert answer.status_code == 403
    assert "Sign in again" in text_of(answer)
    assert not ServiceToken.objects.exists()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"scopes": []}, "This field is required."),
        ({"name": ""}, "This field is required."),
        ({"scopes": ["secrets:promote"]}, "Select a valid choice."),
        ({"project": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice."),
        ({"expires_at": "2020-01-01T00:00"}, "The expiry is in the past."),
        ({"expires_at": "2999-01-01T00:00"}, "This site does not allow service tokens to last that long."),
    ],
)
def test_what_does_not_go_is_said_in_the_form(member: Any, sent: dict[str, Any], told: str) -> None:
    answer = at_the_pages(member).post(TOKENS, CI | sent)
    assert answer.status_code == 200
    assert told in text_of(answer)
    assert not ServiceToken.objects.exists()


@pytest.mark.parametrize(("person", "seen"), [("member", [True, False, False]), ("admin", [True, False, True])])
def test_a_project_lists_ones_own_tokens_and_to_admins_everybodys(
    request: pytest.FixtureRequest, member: Any, admin: Any, project: Project, person: str, seen: list[bool]
) -> None:
    for user, name, project_id in [
        (member, "HERE", project.pk),
        (member, "ANYWHERE", None),
        (admin, "OTHER", project.pk),
    ]:
        create_token(actor=Actor.from_user(user), name=name, scopes=["secrets:read"], project_id=project_id)
    user = request.getfixturevalue(person)
    listed = text_of(at_the_pages(user).get(reverse("neo_pages:project_tokens", args=[project.pk])))
    assert [name in listed for name in ("HERE", "ANYWHERE", "OTHER")] == seen


def test_an_admin_ends_a_members_token_for_the_project(member: Any, admin: Any, project: Project) -> None:
    new = create_token(actor=Actor.from_user(member), name="t", scopes=["secrets:read"], project_id=project.pk)
    client = at_the_pages(admin)
    answer = client.post(reverse("neo_pages:token_revoke", args=[new.row.pk]), {"of_project": ""}, follow=True)
    assert answer.redirect_chain == [(reverse("neo_pages:project_tokens", args=[project.pk]), 302)]
    assert "The token is revoked." in text_of(answer)
    assert ApiClient(bearer=new.text).get(f"/api/v1/secrets?project_id={project.pk}").status_code == 401


@pytest.mark.parametrize(("people", "status"), [(("viewer", "member"), 403), (("member", "stranger"), 404)])
def test_who_is_no_admin_ends_nobodys_token(
    request: pytest.FixtureRequest, project: Project, people: tuple[str, str], status: int
) -> None:
    owner, other = map(request.getfixturevalue, people)
    new = create_token(actor=Actor.from_user(owner), name="t", scopes=["secrets:read"], project_id=project.pk)
    answer = at_the_pages(other).post(reverse("neo_pages:token_revoke", args=[new.row.pk]))
    assert answer.status_code == status
    assert ServiceToken.objects.usable().exists()
