"""The admin pages of secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from projects.models import Project
from secrets_app import vault
from secrets_app.models import Secret
from secrets_app.plaintext import BULLETS
from tests.cast import CANARY, make_secret, make_user

pytestmark = pytest.mark.once

LIST = reverse("admin:secrets_app_secret_changelist")
ADD = reverse("admin:secrets_app_secret_add")


def change(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_change", args=[secret.pk])


def delete(secret: Secret) -> str:
    return reverse("admin:secrets_app_secret_delete", args=[secret.pk])


@pytest.fixture
def operator(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def test_an_operator_creates_a_personal_secret(operator: Client, superuser: Any) -> None:
    answer = operator.post(ADD, {"name": "TOKEN", "new_value": CANARY, "default_available": "on"})
    assert answer.status_code == 302
    secret = Secret.objects.get()
    assert (secret.user, secret.project, secret.default_available) == (superuser, None, True)
    assert vault.open_value(secret).reveal() == CANARY


def test_an_operator_creates_a_project_secret(operator: Client, project: Project) -> None:
    operator.post(ADD, {"name": "TOKEN", "new_value": CANARY, "project": str(project.pk), "description": "For CI"})
    secret = Secret.objects.get()
    assert (secret.user, secret.project, secret.description) == (None, project, "For CI")


def test_only_line_breaks_in_a_value_are_changed(operator: Client) -> None:
    operator.post(ADD, {"name": "KEY", "new_value": "  a\r\nb \r\n"})
    assert vault.open_value(Secret.objects.get()).reveal() == "  a\nb \n"


def test_an_invalid_form_does_not_show_the_value(operator: Client) -> None:
    answer = operator.post(ADD, {"name": "lower case", "new_value": CANARY})
    assert answer.status_code == 200
    assert "Use upper-case letters" in answer.content.decode()
    assert CANARY not in answer.content.decode()
    assert not Secret.objects.exists()


def test_a_taken_name_of_a_project_is_a_form_error(operator: Client, project: Project, member: Any) -> None:
    make_secret(member, name="TOKEN", project_id=project.pk)
    answer = operator.post(ADD, {"name": "TOKEN", "new_value": CANARY, "project": str(project.pk)})
    assert "This owner already has a secret with this name." in answer.content.decode()
    assert CANARY not in answer.content.decode()


def test_a_taken_personal_name_is_refused_with_a_message(operator: Client, superuser: Any) -> None:
    make_secret(superuser, name="TOKEN")
    answer = operator.post(ADD, {"name": "TOKEN", "new_value": CANARY}, follow=True)
    assert "This owner already has a secret with this name" in answer.content.decode()
    assert CANARY not in answer.content.decode()
    assert Secret.objects.count() == 1


def test_changing_metadata_keeps_the_value(operator: Client, superuser: Any) -> None:
    secret = make_secret(superuser)
    operator.post(change(secret), {"description": "new", "new_value": ""})
    secret.refresh_from_db()
    assert (secret.description, secret.version) == ("new", 1)


def test_a_new_value_adds_a_version(operator: Client, superuser: Any) -> None:
    secret = make_secret(superuser)
    operator.post(change(secret), {"description": "", "new_value": "another value"})
    secret.refresh_from_db()
    assert secret.version == 2
    assert vault.open_value(secret).reveal() == "another value"


def test_a_checkbox_exempts_from_redaction(operator: Client, superuser: Any) -> None:
    secret = make_secret(superuser, value="production")
    operator.post(change(secret), {"description": "", "new_value": "", "is_exempt_from_redaction": "on"})
    secret.refresh_from_db()
    assert (secret.is_exempt_from_redaction, secret.version) == (True, 1)
    assert "not redacted" in operator.get(LIST).content.decode()
    operator.post(change(secret), {"description": "", "new_value": ""})
    secret.refresh_from_db()
    assert not secret.is_exempt_from_redaction


def test_name_and_project_cannot_be_changed(operator: Client, superuser: Any, project: Project) -> None:
    secret = make_secret(superuser)
    operator.post(change(secret), {"name": "OTHER", "project": str(project.pk), "description": "", "new_value": ""})
    secret.refresh_from_db()
    assert (secret.name, secret.project) == ("TOKEN", None)


def test_other_users_personal_secrets_show_no_mask(
    operator: Client, superuser: Any, member: Any, project: Project
) -> None:
    make_secret(superuser, name="MINE", value="mine-0123456789")
    make_secret(member, name="SHARED", value="shared-0123456789", project_id=project.pk)
    theirs = make_secret(member, name="THEIRS", value="theirs-0123456789")
    page = operator.get(LIST).content.decode()
    assert f"min{BULLETS}6789" in page
    assert f"sha{BULLETS}6789" in page
    assert f"the{BULLETS}" not in page
    assert f"the{BULLETS}" not in operator.get(change(theirs)).content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    {
        "owner=personal": ["MINE"],
        "owner=project": ["OURS"],
        "default_available__exact=1": ["OURS"],
        "default_available__exact=0": ["MINE"],
        "created_by_agent__exact=1": ["MINE"],
        "created_by_agent__exact=0": ["OURS"],
        "created_by_agent__exact=x": ["MINE", "OURS"],
        "q=MIN": ["MINE"],
    }.items(),
)
def test_the_list_filters_and_searches(
    operator: Client, superuser: Any, member: Any, project: Project, query: str, names: list[str]
) -> None:
    make_secret(superuser, name="MINE", created_by_agent=True)
    make_secret(member, name="OURS", default_available=True, project_id=project.pk)
    rows = operator.get(f"{LIST}?{query}").context["cl"].result_list
    assert [row.name for row in rows] == names


@pytest.mark.parametrize(
    "query", ["name__regex=T.*", "user__password__startswith=a", "value__isnull=0", "name=TOKEN", "id__gt=0"]
)
def test_other_lookups_in_the_url_are_refused(operator: Client, superuser: Any, query: str) -> None:
    make_secret(superuser)
    assert operator.get(f"{LIST}?{query}").status_code == 400


def test_secrets_are_deleted_from_their_page_or_the_list(operator: Client, superuser: Any) -> None:
    first, second = make_secret(superuser, name="FIRST"), make_secret(superuser, name="SECOND")
    operator.post(delete(first), {"post": "yes"})
    operator.post(LIST, {"action": "delete_selected", "_selected_action": [str(second.pk)], "post": "yes"})
    assert not Secret.objects.exists()


def test_an_operator_who_may_only_view_sees_no_value_field(client: Client, member: Any) -> None:
    secret = make_secret(member)
    operator = make_user("reader", is_staff=True)
    operator.user_permissions.add(Permission.objects.get(codename="view_secret"))
    client.force_login(operator)
    assert "new_value" not in client.get(change(secret)).content.decode()
    assert client.post(change(secret), {"description": "x", "new_value": CANARY}).status_code == 403
    assert client.get(ADD).status_code == 403


def test_data_keys_can_be_viewed(operator: Client, superuser: Any) -> None:
    secret = make_secret(superuser)
    key = reverse("admin:secrets_app_datakey_change", args=[secret.data_key_id])
    assert operator.get(reverse("admin:secrets_app_datakey_changelist")).status_code == 200
    page = operator.get(key)
    assert page.status_code == 200
    assert bytes(secret.data_key.wrapped).hex() not in page.content.decode()
    assert operator.post(key, {"state": "destroyed"}).status_code == 403
    assert operator.get(reverse("admin:secrets_app_datakey_delete", args=[secret.data_key_id])).status_code == 403
