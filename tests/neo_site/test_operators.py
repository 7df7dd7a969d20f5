"""Operators who are no superusers, with every Django permission on users and groups: what their forms cannot do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from neo_site.configuration.identity import IdentityProvider
from secrets_app.models import AuditEvent
from tests.cast import PASSWORD, make_user

User = get_user_model()
ADD, LIST = reverse("admin:auth_user_add"), reverse("admin:auth_user_changelist")
GROUP_ADD = reverse("admin:auth_group_add")
NEW_PASSWORD = "a long password that nobody has"
PASSWORDS = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "set-password": "x"}


def page(name: str, row: Any) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{name}", args=[row.pk])


def form(user: Any, **fields: Any) -> dict[str, Any]:
    """The form of a user as it is shown, with other `fields`; None leaves one out."""
    shown = {"username": user.username, "email": user.email, "is_active": "on"}
    joined = {"date_joined_0": f"{user.date_joined:%Y-%m-%d}", "date_joined_1": f"{user.date_joined:%H:%M:%S}"}
    # By which Django tells whether a time with a default was changed.
    joined |= {f"initial-{name}": value for name, value in joined.items()}
    return {name: given for name, given in (shown | joined | fields).items() if given is not None}


def state() -> list[Any]:
    """Everything that says who may do what, and by which password."""
    columns = ("pk", "username", "email", "password", "is_active", "is_staff", "is_superuser")
    users = [(*row, tuple(User(pk=row[0]).groups.values_list("pk"))) for row in User.objects.values_list(*columns)]
    held = [tuple(model.through.objects.order_by("pk").values()) for model in (User.user_permissions, User.groups)]
    return [sorted(users), repr(held), repr(list(Group.permissions.through.objects.order_by("pk").values()))]


def refusals() -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(event="access.denied").order_by("id")
    return [(row.actor_kind, row.actor_label) for row in rows]


def give(user: Any, codenames: Iterable[str]) -> None:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def operator(client: Client, staff: Any) -> Client:
    give(staff, [f"{verb}_{model}" for verb in ("view", "add", "change", "delete") for model in ("user", "group")])
    client.force_login(staff)
    return client


@pytest.fixture
def group(db: None) -> Group:
    made = Group.objects.create(name="editors")
    made.permissions.set(Permission.objects.filter(codename="view_secret"))
    return made


POWERS = [{"is_staff": "on"}, {"is_superuser": "on"}, {"groups": "GROUP"}, {"user_permissions": "PERMISSION"}]


def filled(fields: dict[str, str], group: Group) -> dict[str, Any]:
    ids = {"GROUP": str(group.pk), "PERMISSION": str(Permission.objects.order_by("pk")[0].pk)}
    return {name: ids.get(value, value) for name, value in fields.items()}


@pytest.mark.parametrize("fields", POWERS, ids=lambda fields: next(iter(fields)))
@pytest.mark.parametrize("whose", ["staff", "member"])
def test_operator_gives_nobody_a_power(
    operator: Client, group: Group, request: pytest.FixtureRequest, whose: str, fields: dict[str, str]
) -> None:
    user = request.getfixturevalue(whose)
    before = state()
    assert operator.post(page("change", user), form(user, **filled(fields, group))).status_code == 403
    assert state() == before
    assert refusals() == [("staff", "staff")]


def test_operator_takes_no_power_away_by_leaving_it_out(operator: Client, group: Group) -> None:
    other = make_user("other", is_staff=True)
    other.groups.add(group)
    give(other, ["view_secret"])
    before = state()
    assert operator.post(page("change", other), form(other)).status_code == 302
    assert state() == before


def test_operator_still_changes_what_else_a_user_has(operator: Client, member: Any) -> None:
    assert (
        operator.post(page("change", member), form(member, email="new@example.com", is_active=None)).status_code == 302
    )
    member.refresh_from_db()
    assert (member.email, member.is_active) == ("new@example.com", False)
    assert AuditEvent.objects.get(event="user.updated").data == {"changed": ["email", "is_active"]}


def test_operators_page_has_no_field_of_a_power_or_password(operator: Client, member: Any) -> None:
    shown = operator.get(page("change", member)).context["adminform"]
    fields = {name for fieldset in shown.fieldsets for name in fieldset[1]["fields"]}
    assert {"is_staff", "is_superuser", "groups", "user_permissions"} <= fields
    assert {"username", "email", "is_active"} <= set(shown.form.fields)
    assert not {"is_staff", "is_superuser", "groups", "user_permissions"} & set(shown.form.fields)
    assert "password" not in fields


def test_operator_changes_no_superuser(operator: Client, superuser: Any) -> None:
    before = state()
    for changes in ({"email": "mine@example.com"}, {"is_active": None}, {"username": "renamed"}):
        assert operator.post(page("change", superuser), form(superuser, **changes)).status_code == 403
    assert state() == before
    assert operator.get(page("change", superuser)).status_code == 200
    assert refusals()


@pytest.mark.parametrize("whose", ["superuser", "member", "staff"])
@pytest.mark.parametrize("sent", [PASSWORDS, {"usable_password": "false", "unset-password": "x"}], ids=["set", "unset"])
def test_operator_sets_no_password(
    operator: Client, request: pytest.FixtureRequest, whose: str, sent: dict[str, str]
) -> None:
    user = request.getfixturevalue(whose)
    assert operator.get(page("password_change", user)).status_code == 403
    assert operator.post(page("password_change", user), sent).status_code == 403
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert set(refusals()) == {("staff", "staff")}


@pytest.mark.parametrize("forged", [{"password": "x"}, PASSWORDS], ids=["hash", "form"])
def test_operators_change_form_takes_no_password(operator: Client, member: Any, forged: dict[str, str]) -> None:
    assert operator.post(page("change", member), form(member) | forged).status_code == 403
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_operator_adds_a_user_who_has_no_password(operator: Client) -> None:
    shown = operator.get(ADD)
    assert list(shown.context["adminform"].form.fields) == ["username"]
    assert operator.post(ADD, {"username": "new"}).status_code == 302
    made = User.objects.get(username="new")
    assert not made.has_usable_password()
    assert (made.is_staff, made.is_superuser) == (False, False)
    assert AuditEvent.objects.get(event="user.created").subject_id == str(made.pk)
    assert "already exists" in operator.post(ADD, {"username": "NEW"}).text


@pytest.mark.parametrize("fields", [*POWERS, PASSWORDS, {"password": "x"}], ids=lambda fields: next(iter(fields)))
def test_operators_add_form_takes_nothing_else(operator: Client, group: Group, fields: dict[str, str]) -> None:
    assert operator.post(ADD, {"username": "new"} | filled(fields, group)).status_code == 403
    assert not User.objects.filter(username="new").exists()
    assert refusals() == [("staff", "staff")]


def test_operator_deletes_no_superuser(operator: Client, superuser: Any, member: Any) -> None:
    assert operator.post(page("delete", superuser), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [member.pk, superuser.pk], "post": "yes"}
    assert operator.post(LIST, chosen).status_code == 403
    assert User.objects.filter(pk__in=[superuser.pk, member.pk]).count() == 2
    assert refusals()
    assert operator.post(LIST, chosen | {"_selected_action": [member.pk]}).status_code == 302
    assert not User.objects.filter(pk=member.pk).exists()


def test_operator_changes_no_group(operator: Client, group: Group) -> None:
    every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    before = state()
    assert operator.post(page("change", group), {"name": "editors", "permissions": every}).status_code == 403
    assert operator.post(GROUP_ADD, {"name": "rulers", "permissions": every}).status_code == 403
    assert operator.post(page("delete", group), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    operator.post(reverse("admin:auth_group_changelist"), chosen)
    assert state() == before
    assert list(Group.objects.values_list("name", flat=True)) == ["editors"]
    assert operator.get(page("change", group)).status_code == 200


def test_superuser_decides_all_of_it(client: Client, superuser: Any, member: Any, group: Group) -> None:
    client.force_login(superuser)
    given = form(member, is_staff="on", is_superuser="on", groups=[group.pk])
    assert client.post(page("change", member), given).status_code == 302
    assert client.post(page("password_change", member), PASSWORDS).status_code == 302
    member.refresh_from_db()
    assert (member.is_staff, member.is_superuser, list(member.groups.all())) == (True, True, [group])
    assert member.check_password(NEW_PASSWORD)
    assert client.post(page("change", group), {"name": "editors", "permissions": []}).status_code == 302
    assert not group.permissions.exists()
    assert client.post(page("delete", member), {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("field", ["username", "email"])
def test_operator_gives_nobody_the_name_that_a_provider_knows(
    operator: Client, member: Any, settings: Any, field: str
) -> None:
    settings.IDENTITY_PROVIDER = IdentityProvider(
        jwks_url="https://id.example/keys",
        issuer="https://id.example",
        audience="neo",
        algorithms=("RS256",),
        user_claim="sub" if field == "username" else "email",
        user_field=field,
    )
    before = state()
    assert operator.post(page("change", member), form(member, **{field: "victim@example.com"})).status_code == 403
    assert state() == before
    assert operator.post(page("change", member), form(member, **{field: None}, first_name="M")).status_code == 302
    assert operator.post(ADD, {"username": "new"}).status_code == 302
