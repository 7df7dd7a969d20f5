"""Who gets a page, what a refusal looks like, and what every page says to browsers and their caches."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import get_resolver, reverse

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.audit.refused_attempts import recorder
from secrets_app.models import AuditEvent
from secrets_app.models.secret import SecretQuerySet
from tests.canary.test_pages import routes
from tests.cast import make_secret

pytestmark = pytest.mark.once

CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
FOR_VISITORS = ("accept_invitation", "arrive_invited")
NOBODYS = UUID(int=1)
HOME, PERSONAL = reverse("neo_pages:home"), reverse("neo_pages:secrets")


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def of_project(project_id: Any) -> str:
    return reverse("neo_pages:project_secrets", args=[project_id])


@pytest.mark.parametrize("address", [HOME, PERSONAL, of_project(NOBODYS)])
def test_a_visitor_is_sent_to_sign_in_and_back(address: str, settings: Any) -> None:
    settings.LOGIN_URL = "/sign-in/"
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/sign-in/?next={address}"
    assert answer.headers["Cache-Control"] == "no-store"


def addresses() -> list[str]:
    """Every address of the pages, with ids that nothing has, but for those that invited people come to."""
    (pages,) = (each for each in get_resolver().url_patterns if getattr(each, "namespace", "") == "neo_pages")
    known = {"version": 1}
    return [
        reverse(f"neo_pages:{route.name}", kwargs={name: known.get(name, NOBODYS) for name in route.pattern.converters})
        for route in routes(pages)
        if route.name not in FOR_VISITORS
    ]


@pytest.mark.parametrize("address", addresses())
def test_no_page_does_anything_for_a_visitor(address: str, settings: Any) -> None:
    settings.LOGIN_URL = "/sign-in/"
    answer = Client().post(address, {"value": "x"})
    assert (answer.status_code, answer.headers["Location"][:10]) == (302, "/sign-in/?")


def test_a_member_sees_masks_of_their_project_and_no_value(project: Project, admin: Any, member: Any) -> None:
    make_secret(admin, name="DATABASE_URL", value="postgres://user:hunter2@db/prod", project_id=project.pk)
    answer = signed_in(member).get(of_project(project.pk))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "DATABASE_URL" in page
    assert "pos••••••••prod" in page
    assert "hunter2" not in page


@pytest.mark.parametrize("person", ["stranger", "exmember", "superuser"])
def test_whoever_is_no_member_gets_404_and_the_audit_log_says_so(
    person: str, project: Project, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(person)
    answer = signed_in(user).get(of_project(project.pk))
    assert answer.status_code == 404
    assert "Alpha" not in answer.content.decode()
    recorder.settle(everything=True)
    event = AuditEvent.objects.filter(event="access.denied").get()
    assert (event.actor_kind, event.actor_id, event.subject_id) == ("user", str(user.pk), str(project.pk))
    assert event.data["route"] == "projects/<uuid:project_id>/"


def test_what_is_not_there_looks_like_what_one_may_not_see(project: Project, stranger: Any) -> None:
    client = signed_in(stranger)
    hidden, missing = client.get(of_project(project.pk)), client.get(of_project(NOBODYS))
    assert CSRF.sub(b"", hidden.content) == CSRF.sub(b"", missing.content)
    assert (hidden.status_code, missing.status_code) == (404, 404)


@pytest.mark.parametrize("address", [HOME, PERSONAL])
def test_no_page_is_stored_or_runs_what_is_written_into_it(address: str, member: Any) -> None:
    answer = signed_in(member).get(address)
    page = answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Cookie" in answer.headers["Vary"]
    assert "style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert page.count("<h1>") == 1


def test_a_page_in_german_says_so(member: Any) -> None:
    page = signed_in(member).get(HOME, headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de">' in page


def test_a_database_that_fails_is_told_in_words(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rows: SecretQuerySet, actor: Actor) -> SecretQuerySet:
        raise OperationalError("could not connect to server at 10.0.0.7")

    client = signed_in(member)
    monkeypatch.setattr(SecretQuerySet, "visible_to", fail)
    answer = client.get(PERSONAL)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "Try again later" in answer.content.decode()
    assert "10.0.0.7" not in answer.content.decode()


def test_the_first_page_tells_who_you_are_and_counts(project: Project, admin: Any, member: Any) -> None:
    make_secret(admin, name="A", project_id=project.pk, default_available=True)
    make_secret(member, name="B")
    page = signed_in(member).get(HOME).content.decode()
    assert "Hello, member" in page
    assert "Alpha" in page
    assert "1 always on" in page


@pytest.mark.parametrize("number", [3, 30])
def test_statements_do_not_grow_with_the_rows(
    number: int, member: Any, django_assert_num_queries: Any, project: Project
) -> None:
    for index in range(number):
        make_secret(member, name=f"KEY_{index}")
    client = signed_in(member)
    for address, statements in ((HOME, 4), (PERSONAL, 4)):
        with django_assert_num_queries(statements):
            client.get(address)


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_an_address_without_a_page_leads_back(is_signed_in: bool, member: Any) -> None:
    client = {True: signed_in(member), False: Client()}[is_signed_in]
    answer = client.get("/nowhere/")
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert "There is no such page" in page
    assert f'href="{HOME}"' in page
    assert "nowhere" not in page


def test_a_form_without_its_token_is_refused_in_words(member: Any) -> None:
    answer = signed_in(member, enforce_csrf_checks=True).post(PERSONAL)
    assert answer.status_code == 403
    assert "CSRF" in answer.content.decode()


def test_a_form_that_is_too_large_is_refused_in_words(member: Any) -> None:
    answer = signed_in(member).post(reverse("neo_pages:secret_import"), {"text": "A=" + "x" * 3_000_000})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    assert "larger than a page takes" in answer.content.decode()


def test_a_fault_of_the_site_is_told_in_words(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(rows: SecretQuerySet, actor: Actor) -> SecretQuerySet:
        raise RuntimeError("value-of-a-secret")

    client = signed_in(member, raise_request_exception=False)
    monkeypatch.setattr(SecretQuerySet, "visible_to", fail)
    answer = client.get(PERSONAL)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (500, "no-store")
    assert "This is a fault of the site." in answer.content.decode()
    assert "value-of-a-secret" not in answer.content.decode()


def sent_without_a_session(settings: Any, referer: str) -> str:
    """Return where a form leads that comes from `referer` after the session has ended, once the person signed in."""
    settings.LOGIN_URL = "/sign-in/"
    headers = {"Referer": referer} if referer else {}
    answer = Client().post(reverse("neo_pages:grant"), headers=headers)
    assert answer.status_code == 302
    return str(answer.headers["Location"]).partition("?next=")[2]


@pytest.mark.parametrize(
    ("referer", "there"),
    [
        (f"http://testserver{PERSONAL}?search=A&page=2", f"{PERSONAL}%3Fsearch%3DA%26page%3D2"),
        (f"http://testserver{reverse('neo_pages:grant')}", HOME),
        (f"http://elsewhere.example{PERSONAL}", HOME),
        ("http://testserver/accounts/logout/", HOME),
        ("http://testserver/nowhere/", HOME),
        ("", HOME),
    ],
)
def test_a_form_without_a_session_leads_back_to_its_page(referer: str, there: str, settings: Any) -> None:
    assert sent_without_a_session(settings, referer) == there


def test_a_base_path_stays_in_the_way_back(settings: Any) -> None:
    settings.LOGIN_URL, form = "/sign-in/", reverse("neo_pages:grant")
    there = {"/vault/secrets/": "/vault/secrets/", "/vault/nowhere/": "/vault/"}
    with override_script_prefix("/vault/"):
        headers = [{"Referer": f"http://testserver{address}"} for address in there]
        answers = [Client().post(form, headers=sent, SCRIPT_NAME="/vault") for sent in headers]
    assert [answer.headers["Location"].partition("?next=")[2] for answer in answers] == list(there.values())


def test_whoever_was_signed_out_is_told_that_nothing_was_changed(member: Any) -> None:
    answer = Client().post(PERSONAL, {"on": "x"}, headers={"Referer": f"http://testserver{PERSONAL}"}, follow=True)
    assert answer.redirect_chain == [(f"/accounts/login/?next={PERSONAL}", 302)]
    assert "You were signed out, so nothing was changed." in answer.content.decode()


def test_an_address_that_only_takes_forms_says_so(member: Any) -> None:
    answer = signed_in(member).get(reverse("neo_pages:grant"))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "This address only takes forms" in answer.content.decode()
    assert "To the home page" in answer.content.decode()
