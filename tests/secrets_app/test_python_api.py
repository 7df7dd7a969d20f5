"""The Python API: it follows the rules of the HTTP API, and raises exceptions for its errors."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from rest_framework.exceptions import NotAuthenticated, ValidationError

from neo_base.access.actors import Actor
from neo_base.access.errors import NotAMember, RoleTooLow
from projects.actions import remove_member
from projects.models import Project
from secrets_app import signals
from secrets_app.errors import NameTaken, NoSuchSecret, UnknownSecrets
from secrets_app.models import AuditEvent, Secret
from secrets_app.python_api import secrets_for, service_token_for
from tests.cast import CANARY, make_secret, make_user

pytestmark = pytest.mark.once


def test_a_secret_is_created_read_changed_and_deleted(member: Any) -> None:
    mine, later = secrets_for(member), datetime.now(UTC) + timedelta(days=1)
    made = mine.create("TOKEN", CANARY, description="For the build", default_available=True, expires_at=later)
    assert mine.list() == [made] == [mine.get("TOKEN")]
    changed = mine.update("TOKEN", value="another value 1234", expires_at=None)
    assert (changed.version, changed.expires_at, changed.description) == (2, None, "For the build")
    mine.delete("TOKEN")
    assert mine.list() == []


def test_what_comes_back_holds_no_value(member: Any) -> None:
    made = secrets_for(member).create("TOKEN", CANARY)
    assert CANARY not in f"{made}{asdict(made)}"
    assert made.masked_value.startswith(CANARY[:3])


def test_an_update_changes_what_is_given_and_nothing_else(member: Any) -> None:
    mine, later = secrets_for(member), datetime.now(UTC) + timedelta(days=1)
    mine.create("TOKEN", CANARY, description="Kept", expires_at=later)
    changed = mine.update("TOKEN", default_available=True)
    assert (changed.default_available, changed.description, changed.expires_at, changed.version) == (
        True,
        "Kept",
        later,
        1,
    )


def test_an_admin_promotes_what_a_member_may_not(member: Any, admin: Any, project: Project) -> None:
    theirs = secrets_for(member, project=project)
    assert theirs.create("TAR_OPTIONS", CANARY, default_available=True).quarantine_reason == "risky_name"
    with pytest.raises(RoleTooLow):
        theirs.promote("TAR_OPTIONS")
    assert secrets_for(admin, project=project).promote("TAR_OPTIONS").quarantine_reason == ""


@pytest.mark.parametrize(
    "as_given", [lambda project: project, lambda project: project.pk, lambda project: str(project.pk)]
)
def test_a_project_is_named_by_itself_or_by_its_id(as_given: Any, member: Any, project: Project) -> None:
    made = secrets_for(member, project=as_given(project)).create("TOKEN", CANARY)
    assert made.project_id == project.pk
    assert secrets_for(member).list() == []


@pytest.mark.parametrize(
    "call",
    [
        lambda secrets: secrets.list(),
        lambda secrets: secrets.get("TOKEN"),
        lambda secrets: secrets.create("OTHER", CANARY),
        lambda secrets: secrets.update("TOKEN", value="another value 1234"),
        lambda secrets: secrets.promote("TOKEN"),
        lambda secrets: secrets.delete("TOKEN"),
        lambda secrets: secrets.grant(),
    ],
)
@pytest.mark.parametrize("who", ["stranger", "exmember", "staff", "superuser"])
def test_outsiders_are_refused_whatever_they_call(
    who: str, call: Any, project: Project, member: Any, request: pytest.FixtureRequest
) -> None:
    make_secret(member, project_id=project.pk)
    outsider = request.getfixturevalue(who)
    with pytest.raises(NotAMember):
        call(secrets_for(outsider, project=project))
    with pytest.raises(NotAMember):
        call(secrets_for(outsider, project=uuid4()))
    assert [row.version for row in Secret.objects.all()] == [1]


@pytest.mark.parametrize(
    "call",
    [
        lambda secrets: secrets.create("OTHER", CANARY),
        lambda secrets: secrets.update("TOKEN", description="changed"),
        lambda secrets: secrets.delete("TOKEN"),
        lambda secrets: secrets.grant(),
    ],
)
def test_a_viewer_reads_and_changes_nothing(call: Any, viewer: Any, member: Any, project: Project) -> None:
    make_secret(member, project_id=project.pk)
    secrets = secrets_for(viewer, project=project)
    assert [each.name for each in secrets.list()] == ["TOKEN"]
    with pytest.raises(RoleTooLow):
        call(secrets)


def test_a_removed_member_is_refused_at_the_next_call(member: Any, admin: Any, project: Project) -> None:
    secrets = secrets_for(member, project=project)
    assert secrets.list() == []
    remove_member(actor=Actor.from_user(admin), project_id=project.pk, user_id=member.pk)
    with pytest.raises(NotAMember):
        secrets.list()


def test_nobody_and_who_may_not_sign_in_have_no_secrets(db: None) -> None:
    for user in (AnonymousUser(), make_user("gone", is_active=False)):
        with pytest.raises(NotAuthenticated):
            secrets_for(user)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"name": "lower"}, "name"),
        ({"name": "TOKEN\n"}, "name"),
        ({"value": ""}, "value"),
        ({"value": "x" * 10_001}, "value"),
        ({"value": "nul \0"}, "value"),
        ({"value": "lone surrogate \ud800"}, "value"),
        ({"description": "x" * 501}, "description"),
        ({"expires_at": datetime(2030, 1, 1)}, "expires_at"),
    ],
)
def test_malformed_input_is_refused_by_field_and_not_quoted(arguments: dict[str, Any], field: str, member: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        secrets_for(member).create(**{"name": "TOKEN", "value": CANARY} | arguments)
    assert list(refused.value.detail) == [field]
    assert CANARY not in str(refused.value.detail)
    assert not Secret.objects.exists()


def test_a_taken_name_and_an_unknown_one_have_their_errors(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    with pytest.raises(NameTaken):
        mine.create("TOKEN", CANARY)
    with pytest.raises(NoSuchSecret):
        mine.get("MISSING")
    with pytest.raises(UnknownSecrets):
        mine.grant("MISSING")


def test_a_value_of_odd_characters_is_kept_as_it_is(member: Any) -> None:
    mine = secrets_for(member)
    value = "  \r\n é\u0301 \U0001f511 -----END-----\n"
    mine.create("TOKEN", value, default_available=True)
    assert mine.get("TOKEN").version == 1


def test_a_grant_has_a_token_that_shows_itself_once(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    grant = mine.grant("TOKEN", ttl=60, max_uses=1, task_id="build-7")
    assert grant.text.startswith("neo_task_")
    assert grant.text not in repr(grant)
    assert [each.name for each in grant.row.granted_secrets] == ["TOKEN"]


@pytest.mark.django_db(transaction=True)
def test_receivers_hear_of_what_happened_after_commit(member: Any) -> None:
    heard: list[str] = []

    def receiver(signal: Any, **arguments: Any) -> None:
        heard.append(str(sorted(arguments.keys() - {"sender"})))

    each = [signals.secret_created, signals.secret_updated, signals.secret_deleted]
    for signal in each:
        signal.connect(receiver)
    try:
        mine = secrets_for(member)
        mine.create("TOKEN", CANARY)
        mine.update("TOKEN", description="changed")
        mine.delete("TOKEN")
    finally:
        for signal in each:
            signal.disconnect(receiver)
    assert heard == ["['actor', 'secret']", "['actor', 'changed', 'secret']", "['actor', 'owner', 'secret_id']"]


def test_a_service_token_is_made_for_a_machine(member: Any, project: Project) -> None:
    made = service_token_for(member, name="build server", scopes=["secrets:read"], project=project)
    assert made.text.startswith("neo_sk_")
    assert (made.row.user, made.row.project_id) == (member, project.pk)
    with pytest.raises(ValidationError):
        service_token_for(member, name="build server", scopes=["everything"])
    with pytest.raises(NotAMember):
        service_token_for(member, name="build server", scopes=["secrets:read"], project=uuid4())


def test_an_environment_shows_its_values_only_when_asked(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY, default_available=True)
    mine.create("OTHER", "not asked for 0123456789")
    environment = mine.environment()
    assert environment.reveal() == {"TOKEN": CANARY}
    assert CANARY not in f"{environment}{environment['TOKEN']!r}{dict(environment)}"
    assert environment.redact(f"export TOKEN={CANARY}\n") == "export TOKEN={{$TOKEN}}\n"


def test_an_environment_is_recorded_as_exposed(member: Any) -> None:
    mine = secrets_for(member)
    mine.create("TOKEN", CANARY)
    mine.environment("TOKEN", task_id="build-7")
    row = AuditEvent.objects.get(event="environment.exposed")
    assert CANARY not in str(vars(row))


def test_an_environment_asks_for_the_role(viewer: Any, stranger: Any, member: Any, project: Project) -> None:
    make_secret(member, project_id=project.pk, default_available=True)
    with pytest.raises(RoleTooLow):
        secrets_for(viewer, project=project).environment()
    with pytest.raises(NotAMember):
        secrets_for(stranger, project=project).environment()


@pytest.mark.django_db(transaction=True)
def test_receivers_hear_of_exposures_and_transactions_are_refused(member: Any) -> None:
    heard: list[tuple[str, int]] = []

    def receiver(name: str, version: int, **_: Any) -> None:
        heard.append((name, version))

    signals.secret_exposed.connect(receiver)
    try:
        mine = secrets_for(member)
        mine.create("TOKEN", CANARY, default_available=True)
        mine.environment()
        with pytest.raises(RuntimeError), transaction.atomic():
            mine.environment()
    finally:
        signals.secret_exposed.disconnect(receiver)
    assert heard == [("TOKEN", 1)]


def test_a_secret_is_renamed_and_moved_there_and_back(member: Any, project: Project) -> None:
    mine, ours = secrets_for(member), secrets_for(member, project=project)
    mine.create("TOKEN", CANARY)
    assert mine.rename("TOKEN", "RENAMED").name == "RENAMED"
    assert mine.move("RENAMED", project).project_id == project.pk
    assert mine.list() == []
    assert ours.get("RENAMED").masked_value.startswith(CANARY[:3])
    assert ours.move("RENAMED").project_id is None
    with pytest.raises(ValidationError):
        mine.rename("RENAMED", "not a name")
