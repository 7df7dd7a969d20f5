"""What an operator does to users in the admin is in the audit, and where it cannot be, nothing is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from secrets_app.models import AuditEvent
from tests.cast import make_user
from tests.secrets_app.audit.conftest import Unwritable

User = get_user_model()
ADD, LIST = reverse("admin:auth_user_add"), reverse("admin:auth_user_changelist")
PASSWORD = "a long password that nobody has"
NEW = {"username": "new", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}


def page(name: str, user: Any) -> str:
    return reverse(f"admin:auth_user_{name}", args=[user.pk])


def form(user: Any, **fields: Any) -> dict[str, Any]:
    """The form of a user as it is shown, with other `fields`; None leaves one out."""
    shown = {"username": user.username, "email": user.email, "is_active": "on"}
    joined = {"date_joined_0": f"{user.date_joined:%Y-%m-%d}", "date_joined_1": f"{user.date_joined:%H:%M:%S}"}
    # By which Django tells whether a time with a default was changed.
    joined |= {f"initial-{name}": value for name, value in joined.items()}
    return {name: given for name, given in (shown | joined | fields).items() if given is not None}


def written() -> list[tuple[str, str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(event__startswith="user.").order_by("id")
    return [(row.event, row.subject_id, row.subject_label, row.data) for row in rows]


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def test_new_user_has_an_event(operator: Client, superuser: Any) -> None:
    assert operator.post(ADD, NEW).status_code == 302
    made = User.objects.get(username="new")
    assert written() == [("user.created", str(made.pk), "new", {})]
    row = AuditEvent.objects.get(event="user.created")
    assert (row.actor_kind, row.actor_id, row.credential_kind) == ("staff", str(superuser.pk), "cookie")
    assert row.user_id == str(made.pk)
    assert row.request_id


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"is_active": None}, {"changed": ["is_active"]}),
        (
            {"is_staff": "on", "is_superuser": "on"},
            {"changed": ["is_staff", "is_superuser"], "is_superuser": True},
        ),
        ({"username": "renamed", "email": "other@example.com"}, {"changed": ["email", "username"]}),
    ],
)
def test_event_of_a_changed_user_names_the_fields(
    operator: Client, member: Any, fields: dict[str, Any], data: dict[str, Any]
) -> None:
    assert operator.post(page("change", member), form(member, **fields)).status_code == 302
    label = fields.get("username", "member")
    assert written() == [("user.updated", str(member.pk), label, data)]


def test_groups_and_permissions_are_among_the_fields(operator: Client, member: Any) -> None:
    group, permission = Group.objects.create(name="editors"), Permission.objects.all()[0]
    operator.post(page("change", member), form(member, groups=[group.pk], user_permissions=[permission.pk]))
    assert list(member.groups.all()) == [group]
    assert written() == [("user.updated", str(member.pk), "member", {"changed": ["groups", "user_permissions"]})]


def test_unchanged_or_refused_form_makes_no_event(operator: Client, member: Any) -> None:
    assert operator.post(page("change", member), form(member)).status_code == 302
    assert operator.post(page("change", member), form(member, username="")).status_code == 200
    assert operator.post(page("password_change", member), {"password1": "a", "password2": "b"}).status_code == 200
    assert written() == []


def test_new_password_is_named_and_not_kept(operator: Client, member: Any) -> None:
    given = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD, "set-password": "x"}
    assert operator.post(page("password_change", member), given).status_code == 302
    member.refresh_from_db()
    assert member.check_password(PASSWORD)
    assert written() == [("user.updated", str(member.pk), "member", {"changed": ["password"]})]
    assert [row for row in AuditEvent.objects.values() if PASSWORD in str(row) or member.password in str(row)] == []


def test_deleted_user_has_an_event(operator: Client, member: Any) -> None:
    pk = member.pk
    assert operator.post(page("delete", member), {"post": "yes"}).status_code == 302
    assert written() == [("user.deleted", str(pk), "member", {})]


def test_each_deleted_user_has_an_event(operator: Client, member: Any, viewer: Any) -> None:
    selected = {"action": "delete_selected", "_selected_action": [member.pk, viewer.pk]}
    assert operator.post(LIST, selected).status_code == 200
    assert written() == []
    assert operator.post(LIST, selected | {"post": "yes"}).status_code == 302
    assert sorted(row[:3] for row in written()) == sorted(
        ("user.deleted", str(user.pk), user.username) for user in (member, viewer)
    )


DOINGS: dict[str, Callable[[Client, Any], Any]] = {
    "create": lambda operator, _: operator.post(ADD, NEW),
    "change": lambda operator, user: operator.post(page("change", user), form(user, is_active=None)),
    "password": lambda operator, user: operator.post(
        page("password_change", user), {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    ),
    "delete": lambda operator, user: operator.post(page("delete", user), {"post": "yes"}),
    "delete selected": lambda operator, user: operator.post(
        LIST, {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", DOINGS.values(), ids=DOINGS)
def test_change_that_cannot_be_recorded_is_undone(
    act: Callable[[Client, Any], Any], client: Client, unwritable: Unwritable
) -> None:
    client.force_login(make_user("superuser", is_staff=True, is_superuser=True))
    user = make_user("member")
    before = list(User.objects.order_by("pk").values())
    with unwritable():
        answer = act(client, user)
    assert answer.status_code == 302
    assert list(User.objects.order_by("pk").values()) == before
    shown = client.get(answer.url).content.decode()
    assert "the request was not carried out" in shown
