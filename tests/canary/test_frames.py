"""No value in the frames of an error, which collectors of errors read, nor in a dump of the stack while it is handled.

Of every frame what a collector shows: containers, and the repr of all else. Of the frames below the views also the
attributes of each object: above, the request itself holds what the client has sent.
"""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
import pytest
from django.core.signals import got_request_exception
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from neo_base.access.actors import Actor
from neo_base.rest import problems
from secrets_app import statements, vault
from secrets_app.actions import creation, environments, secrets
from secrets_app.actions.data_keys import renew_data_keys, reseal_secrets
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.audit import recording
from secrets_app.crypto import DataKeyCipher, aead
from secrets_app.models import Secret
from secrets_app.models.audit import AuditEventQuerySet
from secrets_app.tasks.selection import SelectedName
from tests.canary.canary import Canary
from tests.canary.frames import as_collected, as_dumped, frames_of, name_of
from tests.canary.usage import SECRETS
from tests.cast import ApiClient, make_secret

pytestmark = pytest.mark.once

WITH_REQUEST = (
    *(
        "rest_framework.",
        "neo_base.rest.",
        "secrets_app.api.",
        "secrets_app.admin.",
        "neo_base.admin.action_admin",
        "neo_base.page_transactions",
        "contextlib",
    ),
    *("django.core.", "django.contrib.", "django.utils.", "django.views."),
)

Call = Callable[[Any, Secret, str], Callable[[], Any]]
CALLS: dict[str, Call] = {
    "create": lambda user, _, value: posting(user, "", {"name": "NEW", "value": value}),
    "batch": lambda user, _, value: posting(user, "/batch", {"secrets": [{"name": "NEW", "value": value}]}),
    "update": lambda user, secret, value: partial(ApiClient(user).patch, f"{SECRETS}/{secret.id}", {"value": value}),
    "environment": lambda user, secret, _: asking_for_environment(user, secret),
    "form": lambda user, _, value: adding_by_form(user, value),
}
CREATING = ("create", "batch", "form")
WRITING = (*CREATING, "update")
# Where it fails, and which calls get there
HOLES: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "at the permission": (creation, "require", CREATING),
    "at the permission to update": (secrets, "require", ("update",)),
    "at the announcement": (creation, "announce", CREATING),
    "at the announcement of an update": (secrets, "announce", ("update",)),
    "at the data key": (vault, "_active_data_key", WRITING),
    "at the context": (vault, "SecretContext", (*WRITING, "environment")),
    "in sealing": (DataKeyCipher, "seal", WRITING),
    "deep in sealing": (aead, "seal", WRITING),
    "at the audit's key": (recording, "key_provider", (*WRITING, "environment")),
    "at the audit's row": (AuditEventQuerySet, "bulk_create", (*WRITING, "environment")),
    "in opening": (DataKeyCipher, "open", ("environment",)),
    "at the note of use": (environments, "_note_use", ("environment",)),
    "at the exposure": (environments, "record_exposure", ("environment",)),
    "at its announcement": (environments, "announce", ("environment",)),
    "at the answer": (orjson, "dumps", ("environment",)),
}
WITH_QUICK_WAY = ("create", "batch", "form", "environment") if connection.vendor == "postgresql" else ()
QUICK_HOLES: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "at the key that is remembered": (vault, "_remember", tuple(call for call in WITH_QUICK_WAY if call in WRITING)),
    "at the rows": (statements, "as_json", WITH_QUICK_WAY),
    "at the statement": (statements, "execute", WITH_QUICK_WAY),
}
HOLES |= QUICK_HOLES
CASES = [(call, hole) for hole, (*_, calls) in HOLES.items() for call in calls]
# While it is being sealed the value has to be in the variables of the cipher.
DUMPED = [(call, hole) for call, hole in CASES if HOLES[hole][1] != "seal"]


@pytest.fixture
def way_of_the_hole(place: str, settings: Any) -> None:
    """Take the way on which the hole is."""
    settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": place in QUICK_HOLES}


def posting(user: Any, path: str, body: Any) -> Callable[[], Any]:
    return partial(ApiClient(user).post, f"{SECRETS}{path}", body)


def asking_for_environment(user: Any, secret: Secret) -> Callable[[], Any]:
    grant = create_grant(actor=Actor.from_user(user), grant_request=GrantRequest(secrets=[SelectedName(secret.name)]))
    return partial(ApiClient(bearer=grant.text).post, "/api/v1/runtime/environment")


def adding_by_form(user: Any, value: str) -> Callable[[], Any]:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return partial(client.post, reverse("admin:secrets_app_secret_add"), {"name": "NEW", "new_value": value})


@pytest.fixture
def secret(superuser: Any, canary: Canary) -> Secret:
    return make_secret(superuser, value=canary.value)


@pytest.fixture
def caught(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exception]]:
    """What the API and Django hand to who reports errors."""
    errors: list[Exception] = []

    def handler(error: Exception, context: Any) -> Any:
        errors.append(error)
        return problems.exception_handler(error, context)

    def receiver(**_: Any) -> None:
        error = sys.exception()
        assert isinstance(error, Exception)
        errors.append(error)

    monkeypatch.setattr("neo_base.rest.views.exception_handler", handler)
    got_request_exception.connect(receiver)
    yield errors
    got_request_exception.disconnect(receiver)


class Boom(Exception):
    pass


def failing(then: Callable[[], None] = lambda: None) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        # The arguments are the caller's to keep: the cipher's hold the value by then.
        del _, __
        then()
        raise Boom

    return fail


def run(call: str, user: Any, secret: Secret, value: str, hole: Callable[[], None]) -> None:
    act = CALLS[call](user, secret, value)
    hole()
    act()


def is_of_the_site(frame: FrameType) -> bool:
    return not name_of(frame).startswith(("tests.", "django.test.", "_pytest.", "pluggy", "pytest"))


@pytest.mark.django_db
@pytest.mark.usefixtures("way_of_the_hole")
@pytest.mark.parametrize(("call", "place"), CASES, ids=[f"{call}, {place}" for call, place in CASES])
def test_no_frame_of_an_error_shows_the_value(
    call: str,
    place: str,
    superuser: Any,
    secret: Secret,
    canary: Canary,
    caught: list[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target, name, _ = HOLES[place]
    run(call, superuser, secret, canary.value, lambda: monkeypatch.setattr(target, name, failing()))
    assert [type(error) for error in caught] == [Boom]
    frames = [frame for frame in frames_of(caught[0]) if is_of_the_site(frame)]
    assert len(frames) > 3
    assert [name_of(frame) for frame in frames if canary.found_in(as_collected(frame))] == []
    below = [frame for frame in frames if not name_of(frame).startswith(WITH_REQUEST)]
    assert below
    assert [name_of(frame) for frame in below if canary.found_in(as_dumped(frame))] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("way_of_the_hole")
@pytest.mark.parametrize(("call", "place"), DUMPED, ids=[f"{call}, {place}" for call, place in DUMPED])
def test_no_dump_of_the_stack_shows_the_value(
    call: str,
    place: str,
    superuser: Any,
    secret: Secret,
    canary: Canary,
    caught: list[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a fault of the process writes it, and as a profiler that shows local variables reads it from outside."""
    target, name, _ = HOLES[place]
    seen, leaks, dumped = [], [], tmp_path / "dump"

    def dump() -> None:
        with dumped.open("w") as file:
            faulthandler.dump_traceback(file, all_threads=True)
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if is_of_the_site(frame):
                seen.append(name_of(frame))
                leaks.extend(canary.found_in(as_collected(frame)) and [name_of(frame)])
            frame = frame.f_back

    run(call, superuser, secret, canary.value, lambda: monkeypatch.setattr(target, name, failing(dump)))
    assert any(frame.startswith("secrets_app.") for frame in seen)
    assert "secrets_app" in dumped.read_text()
    assert canary.found_in(dumped.read_text()) == []
    assert leaks == []


@pytest.mark.parametrize("place", ["at the context", "in sealing", "deep in sealing", "at the data key"])
def test_no_frame_of_a_failed_rotation_shows_the_value(
    place: str, secret: Secret, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = Actor.system("rotate_keys")
    assert renew_data_keys(actor=actor, before=timezone.now()) == 1
    target, name, _ = HOLES[place]
    monkeypatch.setattr(target, name, failing())
    with pytest.raises(Boom) as failed:
        reseal_secrets(actor=actor)
    frames = [frame for frame in frames_of(failed.value) if is_of_the_site(frame)]
    assert any(name_of(frame).startswith("secrets_app.vault.") for frame in frames)
    assert [name_of(frame) for frame in frames if canary.found_in(as_collected(frame), as_dumped(frame))] == []


def leak_by_variable(value: str) -> None:
    held = [{"value": value}]
    raise Boom(len(held))


class Holder:
    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<Holder>"


def leak_by_attribute(value: str) -> None:
    held = {"holder": Holder(value)}
    del value
    raise Boom(len(held))


def leak_by_serializer(value: str) -> None:
    class Open(serializers.Serializer[Any]):
        value = serializers.CharField()

    held = Open(data={"value": value})
    del value
    raise Boom(type(held))


def leak_by_cause(value: str) -> None:
    try:
        leak_by_variable(value)
    finally:
        del value


def frames_under(leak: Callable[[str], None], canary: Canary) -> list[FrameType]:
    with pytest.raises(Boom) as failed:
        leak(canary.value)
    return [frame for frame in frames_of(failed.value) if "leak_by" in name_of(frame)]


@pytest.mark.parametrize("leak", [leak_by_variable, leak_by_serializer, leak_by_cause])
def test_a_planted_leak_would_be_found_in_a_frame(leak: Callable[[str], None], canary: Canary) -> None:
    assert canary.found_in(*map(as_collected, frames_under(leak, canary)))


def test_only_the_dump_finds_a_leak_planted_in_an_attribute(canary: Canary) -> None:
    held = [frame for frame in frames_under(leak_by_attribute, canary) if "held" in frame.f_locals]
    assert canary.found_in(*map(as_collected, held)) == []
    assert canary.found_in(*map(as_dumped, held))


def test_a_planted_leak_would_be_found_in_a_dump_of_the_stack(canary: Canary, tmp_path: Path) -> None:
    dumped = tmp_path / "dump"
    made: dict[str, Any] = {}
    exec(compile(f"def {canary.sought[0]}(dump): dump()", "planted", "exec"), made)  # noqa: S102
    with dumped.open("w") as file:
        made[canary.sought[0]](lambda: faulthandler.dump_traceback(file))
    assert canary.found_in(dumped.read_text())
