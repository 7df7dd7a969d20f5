"""The command `secrets verify`: what does not open is named and marked, and nothing is shown of what does."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app.actions import verification
from secrets_app.actions.secrets import update_secret
from secrets_app.actions.verification import verify_values
from secrets_app.fields import Sealed
from secrets_app.models import AuditEvent, DataKey, Secret, SecretVersion
from secrets_app.plaintext import Plaintext
from tests.cast import CANARY, Api, make_secret
from tests.secrets_app.conftest import forget_keys

BY_COMMAND = Actor.system("secrets verify")


def run() -> tuple[str, str, int]:
    """Return what the command printed, what it said at its end, and its exit status."""
    out = StringIO()
    try:
        call_command("secrets", "verify", stdout=out, stderr=StringIO())
    except CommandError as error:
        return out.getvalue(), str(error), error.returncode
    return out.getvalue(), "", 0


def damage(row: Secret | SecretVersion, **columns: Any) -> None:
    rows: QuerySet[Any] = type(row)._default_manager.all()
    rows.filter(pk=row.pk).update(**(columns or {"value": Sealed(row.mask.blob)}))


@pytest.fixture
def secret(member: Any, project: Project) -> Secret:
    """A secret of the project with one former version, beside others."""
    made = make_secret(member, project_id=project.id)
    make_secret(member, name="PERSONAL")
    make_secret(member, name="SOUND", project_id=project.id)
    return update_secret(actor=Actor.from_user(member), secret_id=made.id, value=Plaintext(f"{CANARY}-new"))


def test_values_that_open_are_counted(secret: Secret) -> None:
    assert run() == ("Values: 4. They open: 4.\n", "", 0)
    event = AuditEvent.objects.get(event="secrets.verified")
    assert event.data == {"opened": 4, "damaged": 0, "undecided": 0}
    assert (event.actor_kind, event.credential_id) == ("system", "secrets verify")
    assert Secret.objects.damaged().count() == 0


def test_a_damaged_value_is_named_and_nothing_is_shown(secret: Secret, project: Project) -> None:
    damage(secret)
    printed, said, status = run()
    named = f"damaged: TOKEN  project {project.id}  version 2  {secret.id}\n"
    assert printed == f"{named}Values: 4. They open: 3.\n"
    assert said == "1 do not open: set new values, or restore these rows from a backup."
    assert status == 2
    assert CANARY not in printed + said
    event = AuditEvent.objects.get(event="secret.damaged")
    assert (event.subject_id, event.project_id, event.data) == (str(secret.id), project.id, {"version": 2})


def test_a_damaged_former_version_is_named(secret: Secret, api: Api, member: Any) -> None:
    damage(secret.former_versions.get())
    assert "former version 1" in run()[0]
    client, path = api(member), f"/api/v1/secrets/{secret.id}"
    assert client.get(path).json()["is_readable"] is True
    shown = client.get(f"{path}/versions").json()["results"]
    assert [(row["version"], row["is_readable"]) for row in shown] == [(2, True), (1, False)]


def test_is_readable_is_false_until_there_is_a_new_value(secret: Secret, api: Api, member: Any) -> None:
    client, path = api(member), f"/api/v1/secrets/{secret.id}"
    damage(secret)
    assert client.get(path).json()["is_readable"] is True
    run()
    listed = client.get(f"/api/v1/secrets?project_id={secret.project_id}").json()["results"]
    assert {row["name"]: row["is_readable"] for row in listed} == {"SOUND": True, "TOKEN": False}
    assert client.patch(path, {"value": "a new value"}).json()["is_readable"] is True
    # The damaged one is a former version now, and stays marked.
    assert [row["is_readable"] for row in client.get(f"{path}/versions").json()["results"]] == [True, False, True]


def test_a_value_that_opens_again_loses_its_mark(secret: Secret) -> None:
    damage(secret)
    run()
    first = Secret.objects.get(pk=secret.pk).damaged_at
    run()
    assert Secret.objects.get(pk=secret.pk).damaged_at == first
    assert AuditEvent.objects.filter(event="secret.damaged").count() == 1
    damage(secret, value=secret.value)
    assert run()[2] == 0
    assert Secret.objects.get(pk=secret.pk).damaged_at is None
    assert AuditEvent.objects.get(event="secret.recovered").subject_id == str(secret.id)


DAMAGES: dict[str, Callable[[Secret], None]] = {
    "one bit": lambda row: damage(row, value=Sealed(row.value.blob[:-1] + bytes([row.value.blob[-1] ^ 1]))),
    "no blob": lambda row: damage(row, value=Sealed(b"")),
    "another version": lambda row: damage(row, version=9),
    "its mask": lambda row: damage(row, mask=Sealed(b"")),
    "another owner": lambda row: damage(row, project_id=None, user_id=row.created_by_id),
}


@pytest.mark.usefixtures("fresh_process")
@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_every_kind_of_damage_is_found(harm: Callable[[Secret], None], member: Any, project: Project) -> None:
    secret = make_secret(member, project_id=project.id)
    harm(secret)
    assert [place.secret_id for place in verify_values(actor=BY_COMMAND).damaged] == [secret.id]


@pytest.mark.usefixtures("fresh_process")
def test_without_the_master_key_nothing_is_marked(secret: Secret) -> None:
    DataKey.objects.filter(pk=secret.data_key_id).update(master_key_id="elsewhere")
    forget_keys()
    printed, said, status = run()
    assert printed == "Values: 4. They open: 1.\n"
    assert (said, status) == ("The keys of 3 are not available: run manage.py keys status.", 2)
    assert Secret.objects.damaged().count() == 0


def test_batches_reach_every_value(secret: Secret) -> None:
    seen: list[int] = []
    done = verify_values(actor=BY_COMMAND, batch_size=1, progress=seen.append)
    assert (done.opened, seen) == (4, [1, 2, 3, 4])


def test_a_value_that_was_replaced_meanwhile_is_not_marked(secret: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(secret)
    mark = verification._mark

    def replace_first(actor: Actor, changed: Any) -> None:
        update_secret(actor=Actor.system(), secret_id=secret.id, value=Plaintext("replaced"))
        mark(actor, changed)

    monkeypatch.setattr(verification, "_mark", replace_first)
    verify_values(actor=BY_COMMAND)
    assert Secret.objects.get(pk=secret.pk).damaged_at is None
