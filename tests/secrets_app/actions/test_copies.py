"""A copy of a secret for another owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from neo_base.access.actors import Actor, Limits
from neo_base.access.errors import NotAMember, RoleTooLow, ScopeMissing
from projects.models import Project
from secrets_app.actions.copies import copy_secret
from secrets_app.errors import CopyOfQuarantined, NameTaken, NoSuchSecret, Unreadable
from secrets_app.models import AuditEvent, Secret
from secrets_app.owners import Owner
from tests.cast import CANARY, make_project, make_secret
from tests.contract import stored_value


@pytest.fixture
def secret(member: Any, project: Project) -> Secret:
    at = timezone.now() + timedelta(days=3)
    made = make_secret(member, project_id=project.pk, description="d", expires_at=at, default_available=True)
    return Secret.objects.get(pk=made.pk)


@pytest.fixture
def beyond(member: Any) -> Project:
    return make_project(member, name="Beyond")


def test_a_copy_has_the_value_and_is_off(secret: Secret, member: Any, beyond: Project) -> None:
    owner = Owner(project_id=beyond.pk)
    copy = copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=owner, name="OTHER")
    assert (copy.owner, copy.name, copy.version) == (owner, "OTHER", 1)
    assert (copy.description, copy.expires_at) == (secret.description, secret.expires_at)
    assert not copy.default_available
    assert stored_value(copy.pk) == stored_value(secret.pk) == CANARY


def test_both_owners_read_of_it_in_their_logs(secret: Secret, member: Any, beyond: Project) -> None:
    copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(project_id=beyond.pk))
    (here,) = AuditEvent.objects.of_project(secret.project_id).filter(event="secret.copied")
    assert here.data == {"version": 1, "to_project": str(beyond.pk)}
    there = AuditEvent.objects.of_project(beyond.pk).filter(subject_kind="secret").order_by("id")
    assert [event.event for event in there] == ["secret.created", "secret.received"]
    assert there[1].data == {"version": 1, "from_project": str(secret.project_id)}


@pytest.mark.parametrize(
    ("person", "error"),
    [("viewer", RoleTooLow), ("stranger", NotAMember), ("exmember", NotAMember), ("superuser", NotAMember)],
)
def test_whoever_may_not_give_it_to_a_task_may_not_copy_it(
    person: str, error: type[Exception], secret: Secret, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(person)
    with pytest.raises(error):
        copy_secret(actor=Actor.from_user(user), secret_id=secret.pk, owner=Owner(user_id=user.pk))
    assert Secret.objects.count() == 1


@pytest.mark.parametrize("scopes", [{"runtime:use"}, {"secrets:write"}, {"secrets:read"}])
def test_a_token_needs_both_scopes(scopes: set[str], secret: Secret, member: Any) -> None:
    actor = Actor.from_user(member, limits=Limits(frozenset(scopes)))
    with pytest.raises(ScopeMissing):
        copy_secret(actor=actor, secret_id=secret.pk, owner=Owner(user_id=member.pk))
    assert Secret.objects.count() == 1


def test_nothing_is_copied_to_where_one_may_not_add(secret: Secret, member: Any, admin: Any) -> None:
    hidden = make_project(admin, name="Hidden")
    with pytest.raises(NotAMember):
        copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(project_id=hidden.pk))
    with pytest.raises(NoSuchSecret):
        copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(user_id=admin.pk))


@pytest.mark.parametrize("reason", ["agent", "risky_name"])
def test_nothing_leaves_quarantine_as_a_copy(reason: str, secret: Secret, member: Any) -> None:
    Secret.objects.update(quarantine_reason=reason)
    with pytest.raises(CopyOfQuarantined):
        copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(user_id=member.pk))


def test_a_copy_that_fails_leaves_no_trace(secret: Secret, member: Any) -> None:
    make_secret(member, name=secret.name)
    with pytest.raises(NameTaken):
        copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(user_id=member.pk))
    Secret.objects.filter(pk=secret.pk).update(version=7)
    with pytest.raises(Unreadable):
        copy_secret(actor=Actor.from_user(member), secret_id=secret.pk, owner=Owner(user_id=member.pk), name="B")
    assert not AuditEvent.objects.filter(event="secret.copied").exists()
