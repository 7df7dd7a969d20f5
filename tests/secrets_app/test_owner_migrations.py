"""The migrations that rename owners keep every row, its ciphertexts and the audit log, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from neo_base.access.actors import Actor
from projects.models import Project
from secrets_app import vault
from secrets_app.actions.grants import GrantRequest, create_grant
from secrets_app.actions.tokens import create_token
from secrets_app.audit.chaining import chain_events
from secrets_app.audit.verification import verify
from secrets_app.models import AuditEvent, DataKey, GrantedSecret, RememberedName, Secret, ServiceToken, TaskGrant
from secrets_app.tasks.selection import SelectedName
from tests.cast import CANARY, make_secret
from tests.secrets_app.task import as_rows

BEFORE = ("secrets_app", "0008_exposed_entries")
MODELS = (Secret, DataKey, ServiceToken, TaskGrant, GrantedSecret, RememberedName, AuditEvent)

pytestmark = [pytest.mark.nightly, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_former() -> Iterator[Callable[[], Any]]:
    """Return a function that migrates the database back to before the migrations and returns the models of then."""

    def back() -> Any:
        executor = MigrationExecutor(connection)
        return executor.migrate([BEFORE]).apps

    yield back
    call_command("migrate", verbosity=0)


def rows() -> list[list[dict[str, Any]]]:
    return [[_plain(row) for row in model._default_manager.order_by("pk").values()] for model in MODELS]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    # psycopg returns memory views where SQLite returns bytes; they have to compare equal.
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


@pytest.fixture
def filled(member: Any, project: Project) -> TaskGrant:
    """Store rows in each table; return a grant with both owners, an omitted name and a remembered one."""
    for project_id in (None, project.id):
        make_secret(member, name="TOKEN", project_id=project_id)
    make_secret(member, name="MINE")
    actor = Actor.from_user(member)
    create_token(actor=actor, name="CI", scopes=["secrets:read"])
    selected = [SelectedName("TOKEN"), SelectedName("MINE")]
    grant = create_grant(
        actor=actor, grant_request=GrantRequest(project_id=project.id, secrets=selected, thread_id="t")
    ).row
    chain_events()
    return as_rows(grant.pk)


def test_back_and_forth_keeps_all_rows(filled: TaskGrant, at_former: Callable[[], Any]) -> None:
    before = rows()
    assert all(before)
    at_former()
    call_command("migrate", verbosity=0)
    assert rows() == before
    assert [vault.open_value(secret).reveal() for secret in Secret.objects.all()] == [CANARY] * 3
    assert verify().is_clean


def test_former_rows_read_as_they_did_under_their_new_names(
    filled: TaskGrant, member: Any, project: Project, at_former: Callable[[], Any]
) -> None:
    former = at_former()
    old = {
        name: former.get_model("secrets_app", name).objects
        for name in ("Secret", "DataKey", "ServiceToken", "TaskGrant", "GrantedSecret", "RememberedName", "AuditEntry")
    }
    assert {row.owner_id for row in old["Secret"].all()} == {member.pk, None}
    assert old["TaskGrant"].get().omitted[0]["scope"] == "personal"
    made = old["TaskGrant"].create(
        owner_id=member.pk,
        digest="d",
        prefix="p",
        expires_at=timezone.now(),
        omitted=[{"name": "X", "scope": "project", "secret_id": "7", "reason": "expired"}],
    )
    old["GrantedSecret"].create(grant=made, name="X", origin="personal", version=1, reason="default")
    kept = {
        "owners": sorted(old["AuditEntry"].values_list("id", "owner_id")),
        "origins": sorted(old["RememberedName"].values_list("owner_id", "origin", "name")),
        "tokens": list(old["ServiceToken"].values_list("owner_id", "name")),
        "keys": sorted(old["DataKey"].exclude(owner=None).values_list("id", "owner_id")),
    }
    call_command("migrate", verbosity=0)
    grant = TaskGrant.objects.get(pk=made.pk)
    assert (grant.user, grant.granted.get().owner_kind) == (member, "personal")
    assert grant.omitted == [{"name": "X", "owner": "project", "secret_id": "7", "reason": "expired"}]
    assert TaskGrant.objects.get(pk=filled.pk).omitted[0]["owner"] == "personal"
    assert kept == {
        "owners": sorted(AuditEvent.objects.values_list("id", "user_id")),
        "origins": sorted(RememberedName.objects.values_list("user_id", "owner_kind", "name")),
        "tokens": list(ServiceToken.objects.values_list("user_id", "name")),
        "keys": sorted(DataKey.objects.exclude(user=None).values_list("id", "user_id")),
    }
    assert verify().is_clean


def test_constraints_hold_before_and_after(filled: TaskGrant, member: Any, at_former: Callable[[], Any]) -> None:
    former = at_former()
    key = former.get_model("secrets_app", "DataKey").objects
    with pytest.raises(IntegrityError), transaction.atomic():
        key.create(master_key_id="k", wrapped=b"", state="active", owner_id=member.pk)
    call_command("migrate", verbosity=0)
    secret = Secret.objects.get(name="MINE")
    for columns in ({"user": None}, {"name": "TOKEN"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Secret.objects.filter(pk=secret.pk).update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.create(master_key_id="k", wrapped=b"", state="active", user=member)
    remembered = RememberedName.objects.first()
    assert remembered is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        RememberedName.objects.create(
            **{name: getattr(remembered, name) for name in ("user", "project", "thread_id", "owner_kind", "name")}
        )
