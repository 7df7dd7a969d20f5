"""No value in the report of a fault, though it is in a local variable, in the message and in the cause."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Never
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from neo_base.access.actors import Actor
from neo_site.error_reports import BareExceptionReporter
from neo_site.logs.formatters import JSONFormatter
from secrets_app import vault
from secrets_app.actions import copies, creation, environments, moves, secrets, setting
from secrets_app.actions.copies import copy_secret
from secrets_app.actions.creation import Draft, create_secret, create_secrets
from secrets_app.actions.environments import open_environment
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, replace_values, restore_version, update_secret
from secrets_app.actions.setting import set_secret
from secrets_app.models import Secret, TaskGrant
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.tasks.selection import SelectedName
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.conftest import Log
from tests.canary.usage import SECRETS
from tests.cast import Api, ApiClient, make_secret

pytestmark = pytest.mark.once

PLAIN_PLACES = ("_note_use", "record_exposure")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no quick way.")

Explode = Callable[..., Never]
Report = Callable[[BaseException, HttpRequest], str]


@pytest.fixture
def explode(canary: Canary) -> Explode:
    """A function that fails in the worst of ways."""

    def failing(*args: Any, **kwargs: Any) -> Never:
        local = {"value": canary.value}
        try:
            raise KeyError(local["value"])
        except KeyError as cause:
            error = RuntimeError(f"cannot store {canary.value}", local)
            error.add_note(canary.value)
            raise error from cause

    return failing


@pytest.fixture
def secret(member: Any, canary: Canary) -> Secret:
    secret = make_secret(member, value=canary.value)
    # As if a task had made it, so that there is something to promote.
    Secret.objects.update(grant_id=uuid4())
    return secret


CALLS: dict[str, Callable[[Any, Secret, str], Any]] = {
    "create": lambda client, _, value: client.post(SECRETS, {"name": "NEW", "value": value}),
    "batch": lambda client, _, value: client.post(f"{SECRETS}/batch", {"secrets": [{"name": "NEW", "value": value}]}),
    "import": lambda client, _, value: client.post(f"{SECRETS}/import", {"secrets": [{"name": "NEW", "value": value}]}),
    "update": lambda client, secret, value: client.patch(f"{SECRETS}/{secret.id}", {"value": value}),
    "restore": lambda client, secret, _: client.post(f"{SECRETS}/{secret.id}/versions/1/restore"),
    "delete": lambda client, secret, _: client.delete(f"{SECRETS}/{secret.id}"),
}
ACTIONS: dict[str, Callable[[Actor, Secret, str], object]] = {
    "create_secret": lambda actor, secret, value: create_secret(
        actor=actor, draft=Draft(owner=secret.owner, name="NEW", value=Plaintext(value))
    ),
    "create_secrets": lambda actor, secret, value: create_secrets(
        actor=actor, drafts=[Draft(owner=secret.owner, name="NEW", value=Plaintext(value))], rename=True
    ),
    "update_secret": lambda actor, secret, value: update_secret(
        actor=actor, secret_id=secret.id, value=Plaintext(value)
    ),
    "replace_values": lambda actor, secret, value: replace_values(
        actor=actor, owner=secret.owner, values={secret.id: Plaintext(value)}
    ),
    "promote_secret": lambda actor, secret, _: promote_secret(actor=actor, secret_id=secret.id),
    "restore_version": lambda actor, secret, _: restore_version(actor=actor, secret_id=secret.id, version=1),
    "delete_secret": lambda actor, secret, _: delete_secret(actor=actor, secret_id=secret.id),
    "edit_secret": lambda actor, secret, value: edit_secret(
        actor=actor, secret_id=secret.id, name="RENAMED", value=Plaintext(value)
    ),
    "set_secret": lambda actor, secret, value: set_secret(
        actor=actor, owner=secret.owner, name=secret.name, value=Plaintext(value), changes={}
    ),
    "copy_secret": lambda actor, secret, _: copy_secret(
        actor=actor, secret_id=secret.id, owner=secret.owner, name="COPIED"
    ),
}
# What actions of several files ask; none of it asks something else.
SHARED = {"bytes_of", "quarantine_of", "require_room", "value_columns"}
# What an action calls first, and last.
PLACES = ["require", "announce"]


def html_of(error: BaseException, request: HttpRequest, reporter: type[ExceptionReporter]) -> str:
    return str(reporter(request, type(error), error, error.__traceback__).get_traceback_html())


def text_of(error: BaseException, request: HttpRequest, reporter: type[ExceptionReporter]) -> str:
    return str(reporter(request, type(error), error, error.__traceback__).get_traceback_text())


def line_of(error: BaseException, formatter: logging.Formatter) -> str:
    cause = (type(error), error, error.__traceback__)
    return formatter.format(logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed.", (), cause))


def request_with(canary: Canary) -> HttpRequest:
    """A request with the value in all of its parts."""
    request = RequestFactory().post(
        "/admin/secrets_app/secret/add/",
        {"new_value": canary.value, "other": canary.value},
        query_params={"value": canary.value},
        headers={"X-Value": canary.sought[0], "Referer": f"https://example.com/?{canary.sought[0]}"},
    )
    request.COOKIES["value"] = canary.value
    return request


def test_every_action_is_tried() -> None:
    defined = {
        name
        for module in (copies, creation, moves, secrets, setting)
        for name, it in vars(module).items()
        if getattr(it, "__module__", "") == module.__name__ and name[0].islower()
    }
    assert defined == set(ACTIONS) | SHARED


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_client_and_the_log_learn_nothing(
    call: Callable[..., Any],
    place: str,
    api: Api,
    member: Any,
    secret: Secret,
    canary: Canary,
    explode: Explode,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = api(member)
    for module in (creation, secrets):
        monkeypatch.setattr(module, place, explode)
    response = call(client, secret, canary.value)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert canary.found_in(*places.answer(response)) == []
    assert "request.failed error=RuntimeError" in log()
    assert response.json()["request_id"] in log()
    assert canary.found_in(log()) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_no_report_of_a_failed_action_shows_the_value(
    action: Callable[..., object],
    place: str,
    member: Any,
    secret: Secret,
    canary: Canary,
    explode: Explode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = Actor.from_user(member)
    for module in (creation, secrets):
        monkeypatch.setattr(module, place, explode)
    with pytest.raises(RuntimeError) as failed:
        action(actor, secret, canary.value)
    error, request = failed.value, request_with(canary)
    assert canary.found_in(html_of(error, request, BareExceptionReporter)) == []
    assert canary.found_in(text_of(error, request, BareExceptionReporter)) == []
    assert canary.found_in(line_of(error, JSONFormatter())) == []
    # The positive controls: what the stock ones show of the same error.
    assert canary.found_in(html_of(error, request, ExceptionReporter))
    assert canary.found_in(text_of(error, request, ExceptionReporter))
    assert canary.found_in(line_of(error, logging.Formatter()))


@pytest.mark.parametrize("place", [*PLAIN_PLACES, pytest.param("write_by", marks=on_postgresql), "announce"])
def test_no_report_of_a_failed_task_shows_the_value(
    place: str,
    member: Any,
    secret: Secret,
    canary: Canary,
    explode: Explode,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    new = create_grant(actor=Actor.from_user(member), grant_request=GrantRequest(secrets=[SelectedName(secret.name)]))
    settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": place not in PLAIN_PLACES}
    monkeypatch.setattr(environments, place, explode)
    response = ApiClient(bearer=new.text).post("/api/v1/runtime/environment")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "request.failed error=RuntimeError" in log()
    assert canary.found_in(*places.answer(response), log()) == []
    assert new.text not in log()
    with pytest.raises(RuntimeError) as failed:
        open_environment(actor=Actor.from_user(member), grant=new.row)
    assert canary.found_in(html_of(failed.value, request_with(canary), BareExceptionReporter)) == []
    assert canary.found_in(text_of(failed.value, request_with(canary), BareExceptionReporter)) == []
    assert new.row.uses == {"write_by": 0}.get(place, 1)
    assert TaskGrant.objects.get().uses == 0


@pytest.mark.parametrize(("place", "hole"), [(vault.Sealer, "seal"), (vault, "open_value")], ids=["seal", "open"])
def test_no_report_of_a_fault_in_the_vault_shows_the_value(
    place: Any,
    hole: str,
    member: Any,
    secret: Secret,
    canary: Canary,
    explode: Explode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, hole, explode)
    with pytest.raises(RuntimeError) as failed:
        restore_version(actor=Actor.from_user(member), secret_id=secret.id, version=1)
    assert canary.found_in(html_of(failed.value, request_with(canary), BareExceptionReporter)) == []
    assert canary.found_in(line_of(failed.value, JSONFormatter())) == []


def test_a_text_that_utf8_cannot_hold_shows_no_piece_of_itself(member: Any, canary: Canary) -> None:
    """Python's own error holds the whole text, and Django's report quotes the characters around the bad one."""
    run = canary.sought[0]
    text = f"{run}\ud800{run}"
    draft = Draft(owner=Owner(user_id=member.pk), name="NEW", value=Plaintext(text))
    with pytest.raises(ValueError, match="half a surrogate pair") as failed:
        create_secret(actor=Actor.from_user(member), draft=draft)
    request = RequestFactory().get("/admin/")
    shown = [
        html_of(failed.value, request, BareExceptionReporter),
        text_of(failed.value, request, BareExceptionReporter),
        line_of(failed.value, JSONFormatter()),
        repr(failed.value),
        repr(failed.value.__context__),
    ]
    assert [text for text in shown if run[-5:] in text] == []
    with pytest.raises(UnicodeEncodeError) as stock:
        text.encode()
    assert run[-5:] in html_of(stock.value, request, ExceptionReporter)
    assert run in repr(stock.value)


def test_a_report_without_an_error_shows_no_value(canary: Canary) -> None:
    request = request_with(canary)
    report = BareExceptionReporter(request, *sys.exc_info())
    assert canary.found_in(report.get_traceback_html(), report.get_traceback_text()) == []
