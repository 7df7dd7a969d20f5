"""Mails of invitations: what they say, that the token is nowhere else, and that a failing mail server does no harm."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.apps import apps
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.logs.formatters import JSONFormatter
from projects import invitation_mail
from projects.invitation_actions import invite
from projects.models import Invitation, Project
from projects.tokens import digest
from tests.cast import Api
from tests.contract import PROJECTS
from tests.neo_base.rest.test_faults import Breaks

pytestmark = pytest.mark.once

Capture = Callable[..., AbstractContextManager[Any]]

URL = "https://secrets.example.com/invitation#{token}"
ODD_NAMES = [
    "Alpha\r\nBcc: victim@example.com",
    "Alpha\nSubject: other",
    "Alpha\rTo: victim@example.com",
    "Alpha\u2028Bcc: victim@example.com",
    "Alpha\x85Bcc: victim@example.com",
    "Alpha\x0bBcc: victim@example.com",
    "Alpha\x00\x1b[2J",
    "\u202eAlpha",
    "<b>Alpha</b> & {{ token }}",
    128 * "\U0001f680",
]


@pytest.fixture
def invite_ada(project: Project, admin: Any, django_capture_on_commit_callbacks: Capture) -> Callable[[], Invitation]:
    def invite_now() -> Invitation:
        with django_capture_on_commit_callbacks(execute=True):
            return invite(
                actor=Actor.from_user(admin), project_id=project.id, email="Ada@example.com", role=Role.MEMBER
            )

    return invite_now


def token_in(mail: Any) -> str:
    (found,) = set(re.findall(r"^ {4}([\w-]{43})$", mail.body, re.MULTILINE))
    return str(found)


def test_a_mail_names_project_role_and_expiry(
    invite_ada: Callable[[], Invitation], mailoutbox: list[Any], settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "secrets@example.com"
    invitation = invite_ada()
    (mail,) = mailoutbox
    assert (mail.to, mail.cc, mail.bcc, mail.from_email) == (["ada@example.com"], [], [], "secrets@example.com")
    assert mail.subject == "Invitation to the project Alpha"
    assert mail.content_subtype == "plain"
    assert mail.message()["Auto-Submitted"] == "auto-generated"
    for said in ("Alpha", "member", f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC", "/api/v1/invitations/accept"):
        assert said in mail.body
    assert invitation.sent_at is not None
    assert Invitation.objects.get().sent_at == invitation.sent_at


@pytest.mark.parametrize(
    ("site", "subject", "role", "sentence"),
    [
        ("en", "Invitation to the project Alpha", "member", "The token works once"),
        ("de", "Einladung zum Projekt Alpha", "Mitglied", "Das Token gilt einmal,"),
    ],
)
def test_a_mail_is_in_the_language_of_the_site_not_the_client(
    api: Api,
    admin: Any,
    project: Project,
    mailoutbox: list[Any],
    settings: Any,
    django_capture_on_commit_callbacks: Capture,
    site: str,
    subject: str,
    role: str,
    sentence: str,
) -> None:
    settings.LANGUAGE_CODE = site
    for language in ("de", "en"):
        with translation.override(language), django_capture_on_commit_callbacks(execute=True):
            body = {"email": f"{language}@example.com", "role": "member"}
            answer = api(admin).post(f"{PROJECTS}/{project.id}/invitations", body, **{"Accept-Language": language})
            assert answer.status_code == 201, answer.content
    assert [mail.subject for mail in mailoutbox] == [subject] * 2
    for mail in mailoutbox:
        assert role in mail.body
        assert sentence in mail.body
        assert len(token_in(mail)) == 43


def test_its_token_is_the_one_that_opens(
    api: Api, stranger: Any, invite_ada: Callable[[], Invitation], mailoutbox: list[Any]
) -> None:
    stranger.email = "ada@example.com"
    stranger.save()
    invite_ada()
    answer = api(stranger).post("/api/v1/invitations/accept", {"token": token_in(mailoutbox[0])})
    assert answer.status_code == 200


def test_a_site_with_a_page_for_it_has_its_address_in_the_mail(
    invite_ada: Callable[[], Invitation], mailoutbox: list[Any], settings: Any
) -> None:
    settings.PROJECTS = {"INVITATION_URL": URL}
    invite_ada()
    token = token_in(mailoutbox[0])
    assert f"\n    https://secrets.example.com/invitation#{token}\n" in mailoutbox[0].body
    assert "/api/v1/" not in mailoutbox[0].body


@pytest.mark.parametrize(("must_match", "said"), [(True, "only for an account with"), (False, "do not share it")])
def test_a_mail_says_which_account_can_use_the_token(
    invite_ada: Callable[[], Invitation], mailoutbox: list[Any], settings: Any, must_match: bool, said: str
) -> None:
    settings.PROJECTS = {"INVITATION_EMAIL_MUST_MATCH": must_match}
    invite_ada()
    assert said in mailoutbox[0].body


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_begins_no_header_and_no_line(
    project: Project, invite_ada: Callable[[], Invitation], mailoutbox: list[Any], name: str
) -> None:
    # Written past the API, which refuses the first ones: a host site may write names in other ways.
    Project.objects.update(name=name.replace("\x00", "\x01"))
    invite_ada()
    (mail,) = mailoutbox
    message = mail.message()
    assert set(message.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
    }
    assert mail.recipients() == ["ada@example.com"]
    assert len(mail.subject.splitlines()) == 1
    assert [line for line in mail.body.splitlines() if line.startswith(("Bcc", "Subject", "To:"))] == []
    assert token_in(mail) not in mail.subject


def test_text_is_not_escaped_as_html(
    project: Project, invite_ada: Callable[[], Invitation], mailoutbox: list[Any]
) -> None:
    Project.objects.update(name="R&D <\"'>")
    invite_ada()
    assert "R&D <\"'>" in mailoutbox[0].subject
    assert "R&D <\"'>" in mailoutbox[0].body


def test_a_project_without_a_name_goes_by_its_id(
    project: Project, invite_ada: Callable[[], Invitation], mailoutbox: list[Any]
) -> None:
    Project.objects.update(name="")
    invite_ada()
    assert mailoutbox[0].subject == f"Invitation to the project {project.id}"


def test_nothing_is_sent_of_what_was_rolled_back(
    project: Project, admin: Any, django_capture_on_commit_callbacks: Capture, mailoutbox: list[Any]
) -> None:
    with django_capture_on_commit_callbacks():
        invite(actor=Actor.from_user(admin), project_id=project.id, email="ada@example.com", role=Role.MEMBER)
    assert mailoutbox == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("ada@example.com"),
        TimeoutError("ada@example.com"),
        SMTPRecipientsRefused({"ada@example.com": (550, b"no such user")}),
        UnicodeEncodeError("ascii", "ada@example.com", 0, 1, "no"),
        Breaks("ada@example.com"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failing_mail_server_loses_nothing_and_logs_no_address(
    api: Api,
    admin: Any,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Capture,
    error: Exception,
) -> None:
    def fail(self: EmailBackend, messages: Any) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    client = api(admin)
    with caplog.at_level(logging.INFO), django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{PROJECTS}/{project.id}/invitations", {"email": "ada@example.com", "role": "viewer"})
    assert answer.status_code == 201
    assert Invitation.objects.get().state == "open"
    assert client.get(f"{PROJECTS}/{project.id}/invitations").json()["results"][0]["sent_at"] is None
    logged = "".join(JSONFormatter().format(record) for record in caplog.records)
    assert f"invitation.mail_failed invitation={answer.json()['id']} error={type(error).__name__}" in logged
    assert "ada@" not in logged


@pytest.mark.django_db(transaction=True)
def test_the_answer_tells_whether_the_mail_went_out(api: Api, admin: Any, project: Project) -> None:
    path = f"{PROJECTS}/{project.id}/invitations"
    made = api(admin).post(path, {"email": "ada@example.com", "role": "viewer"}).json()
    assert made["sent_at"] >= made["created_at"]


def test_the_token_is_in_the_mail_and_nowhere_else(
    api: Api,
    admin: Any,
    project: Project,
    superuser: Any,
    client: Any,
    mailoutbox: list[Any],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    django_capture_on_commit_callbacks: Capture,
) -> None:
    speaker, path = api(admin), f"{PROJECTS}/{project.id}/invitations"
    connection.force_debug_cursor = True
    try:
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "django.db.backends"):
            with django_capture_on_commit_callbacks(execute=True):
                made = speaker.post(path, {"email": "ada@example.com", "role": "viewer"})
            shown = [made, speaker.get(path), speaker.get(f"{PROJECTS}/{project.id}")]
            token = token_in(mailoutbox[0])
            stranger = api(superuser)
            shown += [stranger.post(f"/api/v1/invitations/{act}", {"token": token}) for act in ("accept", "decline")]
    finally:
        connection.force_debug_cursor = False
    client.force_login(superuser)
    shown += [
        client.get("/admin/projects/invitation/"),
        client.get(f"/admin/projects/invitation/{made.json()['id']}/change/"),
        client.get(f"/admin/projects/project/{project.id}/change/"),
    ]
    call_command("dumpdata")
    rows = {model._meta.label: list(model._base_manager.values_list()) for model in apps.get_models()}
    answers = "".join(answer.content.decode() for answer in shown)
    logged = "".join(record.getMessage() for record in caplog.records)
    everything = [answers, logged, repr(rows), capsys.readouterr().out]
    assert [place for place in everything if token in place] == []
    assert digest(token) not in answers
    # The search finds what is there: the digest is in the database and in the statement that stored it.
    assert digest(token) in repr(rows)
    assert digest(token) in logged
    # In the link, and by itself for programs.
    assert mailoutbox[0].body.count(token) == 2
    assert json.loads(made.content).keys().isdisjoint({"token", "token_digest"})


def test_the_representation_of_an_invitation_shows_no_digest(invite_ada: Callable[[], Invitation]) -> None:
    invitation = invite_ada()
    assert invitation.token_digest not in f"{invitation} {invitation!r} {invitation_mail.message(invitation, 'x')}"
