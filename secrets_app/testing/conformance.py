"""The test cases that a site's membership policy, project model and views must pass. Import all into a test module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.checks import ERROR, run_checks
from django.db.models import Value
from rest_framework.status import is_success

from neo_base.access.actors import Actor
from neo_base.access.permissions import names_scope
from neo_base.access.policies import roles_for
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.actions.secrets import update_secret
from secrets_app.api.authentication import ServiceTokenAuthentication
from secrets_app.conf import conf
from secrets_app.models import DataKey, Secret, SecretVersion
from secrets_app.models.token import TokenScope
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext
from secrets_app.python_api import service_token_for
from secrets_app.testing.client import Client
from secrets_app.testing.host_views import ask, endpoints, takes_tokens_unasked
from secrets_app.testing.tenancy import Tenancy, new_user

VALUE = "conformance-value-0123456789"
CAST = ["viewer", "member", "admin"]
OUTSIDERS = ["neo_stranger", "neo_exmember"]


def _secret(owner: Owner, name: str = "CONFORMANCE") -> Secret:
    return create_secret(actor=Actor.system(), draft=Draft(owner=owner, name=name, value=Plaintext(VALUE)))


def _role(user: Any, project_id: UUID) -> str | None:
    return conf.membership_policy.role(user, project_id)


def _projects(user: Any) -> set[UUID]:
    return set(conf.membership_policy.project_ids(user))


def _flagged(tenancy: Tenancy, *flags: str) -> Any:
    """Return a new user with those of `flags` that the site's user model has."""
    user = new_user(tenancy, "operator")
    columns = {field.name for field in get_user_model()._meta.get_fields()}
    for name in set(flags) & columns:
        setattr(user, name, True)
        user.save()
    return user


def _body(project_id: UUID, name: str = "CONFORMANCE") -> dict[str, Any]:
    return {"name": name, "value": VALUE, "project_id": str(project_id)}


# The configuration of the site


def test_the_checks_find_no_error(db: None) -> None:
    # Needs the database: from Django 6.1 on, checks of models ask what it supports.
    found = [message for message in run_checks() if message.level >= ERROR]
    assert [message for message in found if (message.id or "").startswith("secrets_app.")] == []


def test_signed_out_request_gets_401(db: None) -> None:
    assert Client(None).status("GET", "") == 401


# The views of the site


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_a_service_token_counts_only_in_views_that_name_a_scope(
    header: str, neo_tenancy: Tenancy, neo_url_values: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    superuser = _flagged(neo_tenancy, "is_staff", "is_superuser")
    token = service_token_for(superuser, name="conformance", scopes=TokenScope.values).text
    credential = {header: token if header == "X-Api-Key" else f"Bearer {token}"}
    entered = _views_that_tokens_enter(monkeypatch)
    opened = []
    for endpoint in endpoints():
        path = endpoint.path(neo_url_values)
        for method in endpoint.methods if path else []:
            without = ask(method, path, {}).status_code
            entered.clear()
            answer = ask(method, path, credential)
            is_opened = is_success(answer.status_code) and not is_success(without) and not entered
            if is_opened or takes_tokens_unasked(answer) or not all(names_scope(view) for view in entered):
                opened.append(f"{method} {endpoint}: {without}, with a service token {answer.status_code}")
    assert opened == [], "Remove our class from the authentication of these views, or name a scope with HasScope."


def _views_that_tokens_enter(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list to which each view is added at which a service token signs in, whatever it then answers."""
    entered: list[Any] = []
    authenticate = ServiceTokenAuthentication.authenticate

    def noted(self: ServiceTokenAuthentication, request: Any) -> Any:
        found = authenticate(self, request)
        if found is not None:
            entered.append(request.parser_context["view"])
        return found

    monkeypatch.setattr(ServiceTokenAuthentication, "authenticate", noted)
    return entered


# The membership policy


@pytest.mark.parametrize("role", CAST)
def test_a_role_is_what_it_was_set_to(role: str, neo_tenancy: Tenancy, neo_project: UUID) -> None:
    user = new_user(neo_tenancy, "someone")
    neo_tenancy.set_role(user, neo_project, role)
    assert _role(user, neo_project) == role


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_outsider_has_no_role(outsider: str, neo_project: UUID, request: pytest.FixtureRequest) -> None:
    assert _role(request.getfixturevalue(outsider), neo_project) is None


def test_nobody_has_a_role_in_an_unknown_project(neo_admin: Any) -> None:
    assert _role(neo_admin, uuid4()) is None


def test_a_role_counts_in_its_own_project_only(neo_stranger: Any, neo_admin: Any, neo_other_project: UUID) -> None:
    assert (_role(neo_stranger, neo_other_project), _role(neo_admin, neo_other_project)) == ("admin", None)


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_operators_have_no_role_by_their_flag(flag: str, neo_tenancy: Tenancy, neo_project: UUID) -> None:
    user = _flagged(neo_tenancy, flag)
    assert _role(user, neo_project) is None
    assert _projects(user) == set()


def test_each_new_role_counts_at_once(neo_tenancy: Tenancy, neo_project: UUID) -> None:
    user, policy, seen = new_user(neo_tenancy, "someone"), conf.membership_policy, []
    for role in ["viewer", "admin", "member", None, "viewer"]:
        neo_tenancy.set_role(user, neo_project, role)
        seen.append(policy.role(user, neo_project))
    assert seen == ["viewer", "admin", "member", None, "viewer"]


def test_the_projects_of_a_user_follow_at_once(neo_tenancy: Tenancy, neo_project: UUID) -> None:
    user, policy, seen = new_user(neo_tenancy, "someone"), conf.membership_policy, []
    for role in ["viewer", None, "admin"]:
        neo_tenancy.set_role(user, neo_project, role)
        seen.append(set(policy.project_ids(user)))
    assert seen == [{neo_project}, set(), {neo_project}]


@pytest.mark.parametrize("who", ["neo_viewer", "neo_member", "neo_admin", *OUTSIDERS])
def test_a_user_has_the_projects_in_which_they_have_a_role(
    who: str, neo_project: UUID, neo_other_project: UUID, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    assert _projects(user) == {each for each in (neo_project, neo_other_project) if _role(user, each) is not None}


@pytest.mark.parametrize("who", ["neo_viewer", "neo_member", "neo_admin", *OUTSIDERS])
def test_a_statement_finds_the_roles_that_the_policy_says(
    who: str, neo_project: UUID, neo_other_project: UUID, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    rows = roles_for(conf.membership_policy, Value(user.pk, user._meta.pk))
    said = {each: _role(user, each) for each in (neo_project, neo_other_project) if _role(user, each) is not None}
    # Without `roles_of` there is no such statement, and the policy itself is asked.
    assert rows is None or dict(rows.values_list("project_id", "role")) == said


# Through the API


def test_a_viewer_reads_and_changes_nothing(neo_viewer: Any, neo_project: UUID) -> None:
    secret, client = _secret(Owner(project_id=neo_project)), Client(neo_viewer)
    assert client.status("GET", f"?project_id={neo_project}") == 200
    assert client.status("POST", "", _body(neo_project, "ANOTHER")) == 403
    assert client.status("PATCH", f"/{secret.pk}", {"description": "changed"}) == 403
    assert client.status("DELETE", f"/{secret.pk}") == 403


@pytest.mark.parametrize("who", ["neo_member", "neo_admin"])
def test_a_member_creates_changes_and_deletes(who: str, neo_project: UUID, request: pytest.FixtureRequest) -> None:
    client = Client(request.getfixturevalue(who))
    status, secret = client.request("POST", "", _body(neo_project))
    assert status == 201
    assert VALUE not in str(secret)
    assert client.status("POST", "", _body(neo_project)) == 409
    assert client.status("PATCH", f"/{secret['id']}", {"description": "changed"}) == 200
    assert client.status("DELETE", f"/{secret['id']}") == 204


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_project_of_others_is_answered_like_an_unknown_one(
    outsider: str, neo_project: UUID, request: pytest.FixtureRequest
) -> None:
    client = Client(request.getfixturevalue(outsider))
    refused = client.request("GET", f"?project_id={neo_project}")
    assert refused[0] == 403
    assert refused == client.request("GET", f"?project_id={uuid4()}")
    assert client.request("POST", "", _body(neo_project)) == client.request("POST", "", _body(uuid4()))


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_secret_of_others_is_answered_like_an_unknown_one(
    outsider: str, neo_project: UUID, request: pytest.FixtureRequest
) -> None:
    secret, client = _secret(Owner(project_id=neo_project)), Client(request.getfixturevalue(outsider))
    refused = client.request("GET", f"/{secret.pk}")
    assert refused[0] == 404
    assert refused == client.request("GET", f"/{uuid4()}")
    assert client.status("DELETE", f"/{secret.pk}") == 404
    assert Secret.objects.filter(pk=secret.pk).exists()


def test_removed_member_is_out_at_the_next_request(neo_member: Any, neo_project: UUID, neo_tenancy: Tenancy) -> None:
    secret, client = _secret(Owner(project_id=neo_project)), Client(neo_member)
    assert client.status("GET", f"/{secret.pk}") == 200
    neo_tenancy.set_role(neo_member, neo_project, None)
    assert client.status("GET", f"/{secret.pk}") == 404
    assert client.status("GET", f"?project_id={neo_project}") == 403
    assert client.status("POST", "", _body(neo_project, "ANOTHER")) == 403


def test_member_made_viewer_changes_nothing_at_the_next_request(
    neo_member: Any, neo_project: UUID, neo_tenancy: Tenancy
) -> None:
    secret, client = _secret(Owner(project_id=neo_project)), Client(neo_member)
    neo_tenancy.set_role(neo_member, neo_project, "viewer")
    assert client.status("PATCH", f"/{secret.pk}", {"description": "changed"}) == 403


def test_a_personal_secret_is_its_owners_alone(neo_member: Any, neo_admin: Any) -> None:
    secret = _secret(Owner(user_id=neo_member.pk))
    assert Client(neo_member).status("GET", f"/{secret.pk}") == 200
    assert Client(neo_admin).status("GET", f"/{secret.pk}") == 404


# Deleting projects and users


def _stored() -> set[Any]:
    """Return the keys of everything that is stored for secrets, those of the site's own among them."""
    return {
        row for model in (Secret, SecretVersion, DataKey) for row in model._base_manager.values_list("pk", flat=True)
    }


def test_a_deleted_project_takes_its_secrets_and_keys_along(
    neo_project: UUID, neo_other_project: UUID, neo_tenancy: Tenancy
) -> None:
    kept, before = _secret(Owner(project_id=neo_other_project)), _stored()
    gone = _secret(Owner(project_id=neo_project))
    update_secret(actor=Actor.system(), secret_id=gone.pk, changes={}, value=Plaintext(f"another {VALUE}"))
    neo_tenancy.delete_project(neo_project)
    assert _stored() == before
    assert kept.pk in before


def test_nobody_has_a_role_in_a_deleted_project(neo_member: Any, neo_project: UUID, neo_tenancy: Tenancy) -> None:
    neo_tenancy.delete_project(neo_project)
    assert _role(neo_member, neo_project) is None
    assert _projects(neo_member) == set()


def test_deleted_user_takes_personal_secrets_and_keys_along(neo_tenancy: Tenancy, db: None) -> None:
    user, before = new_user(neo_tenancy, "leaver"), _stored()
    _secret(Owner(user_id=user.pk))
    user.delete()
    assert _stored() == before


# A site imports all cases, and none of the names that are imported here for them.
__all__ = [name for name in dir() if name.startswith("test_")]
