"""No value in what objects show of themselves, nor in what is announced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.dispatch import Signal

import projects.signals
import secrets_app.signals
from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.creation import Draft
from secrets_app.models import Secret
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from tests.canary import places
from tests.canary.canary import Canary
from tests.canary.usage import use
from tests.cast import Api

pytestmark = pytest.mark.once

SIGNALS = [
    signal
    for module in (projects.signals, secrets_app.signals)
    for signal in vars(module).values()
    if isinstance(signal, Signal)
]


def all_objects() -> list[Any]:
    return [row for model in apps.get_models() for row in model._base_manager.all()]


def test_no_row_shows_or_holds_the_value(api: Api, member: Any, project: Project, canary: Canary) -> None:
    use(api(member), project, canary)
    rows = all_objects()
    assert {"Secret", "SecretVersion", "DataKey", "KeyCheckValue", "Session"} <= {type(row).__name__ for row in rows}
    assert canary.found_in(*rows, *(f"{row}{row!r}" for row in rows)) == []
    assert canary.found_in(*(part for row in rows for part in places.inside(row))) == []


def test_a_planted_leak_would_be_found_in_a_row(project: Project, canary: Canary) -> None:
    Project.objects.update(name=canary.value)
    assert canary.found_in(*all_objects())
    Project.objects.update(name="", settings_md=canary.value)
    assert canary.found_in(*(part for row in all_objects() for part in places.inside(row)))


@pytest.mark.parametrize(
    "make",
    [
        lambda value, _secret: Plaintext(value),
        lambda value, _secret: [Plaintext(value)],
        lambda value, _secret: {"value": Plaintext(value)},
        lambda value, _secret: Draft(owner=Owner(user_id=1), name="TOKEN", value=Plaintext(value)),
        lambda _value, secret: vault.open_value(secret),
        lambda value, secret: vault.Sealer(secret.owner).seal(Plaintext(value), secret_id=secret.id, version=1),
        lambda _value, secret: secret,
        lambda _value, _secret: Secret.objects.all(),
        lambda _value, _secret: Secret.objects.values_list(),
        lambda value, secret: ValueError(Plaintext(value), secret.value),
        lambda _value, secret: Actor.from_user(secret.user),
    ],
)
def test_nothing_that_carries_a_value_shows_it(
    make: Callable[[str, Secret], Any], api: Api, member: Any, project: Project, canary: Canary
) -> None:
    use(api(member), project, canary)
    assert canary.found_in(make(canary.value, Secret.objects.get(name="PERSONAL"))) == []


def test_nothing_announced_carries_the_value(
    api: Api, member: Any, project: Project, canary: Canary, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Any] = []

    def receive(**arguments: Any) -> None:
        heard.append({name: argument for name, argument in arguments.items() if name != "signal"})

    for signal in SIGNALS:
        signal.connect(receive)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            use(api(member), project, canary)
    finally:
        for signal in SIGNALS:
            signal.disconnect(receive)
    assert len(heard) >= 11
    assert canary.found_in(*(part for arguments in heard for part in places.inside(arguments, depth=4))) == []


def test_a_planted_leak_would_be_found_in_what_is_announced(member: Any, canary: Canary) -> None:
    draft = Draft(owner=Owner(user_id=member.pk), name="TOKEN", value=Plaintext(canary.value))
    assert canary.found_in(*places.inside({"draft": draft, "actor": Actor.from_user(member)}, depth=4))
