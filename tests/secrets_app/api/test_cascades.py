"""Deleting projects and users: which secrets, versions and data keys are deleted with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import ProtectedError

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from projects.actions import change_role
from projects.models import Membership, Project
from secrets_app.models import DataKey, Secret, SecretVersion
from tests.cast import Api, make_project, make_secret
from tests.contract import PROJECTS, SECRETS


def make_two_versions(api: Api, user: Any, **members: Any) -> Secret:
    secret = make_secret(user, **members)
    assert api(user).patch(f"{SECRETS}/{secret.id}", {"value": "another"}).status_code == 200
    return secret


def test_deleting_a_project_deletes_its_secrets_and_data_keys(api: Api, admin: Any, project: Project) -> None:
    make_two_versions(api, admin, project_id=project.id)
    assert api(admin).delete(f"{PROJECTS}/{project.id}").status_code == 204
    assert not Secret.objects.exists()
    assert not SecretVersion.objects.exists()
    assert not DataKey.objects.exists()
    assert not Membership.objects.exists()


def test_a_project_leaves_everything_else(api: Api, admin: Any, member: Any, project: Project) -> None:
    other = make_project(admin)
    stay = [make_two_versions(api, admin), make_two_versions(api, admin, project_id=other.id)]
    stay.append(make_two_versions(api, member))
    make_two_versions(api, member, project_id=project.id)
    api(admin).delete(f"{PROJECTS}/{project.id}")
    assert set(Secret.objects.all()) == set(stay)
    assert SecretVersion.objects.count() == 3
    assert DataKey.objects.count() == 3


def test_deleting_a_user_deletes_their_personal_secrets(api: Api, member: Any) -> None:
    make_two_versions(api, member)
    member.delete()
    assert not Secret.objects.exists()
    assert not SecretVersion.objects.exists()
    assert not DataKey.objects.exists()


def test_what_a_user_made_in_a_project_stays(api: Api, admin: Any, member: Any, project: Project) -> None:
    secret = make_two_versions(api, member, project_id=project.id)
    member.delete()
    row = Secret.objects.get()
    assert (row.id, row.created_by) == (secret.id, None)
    assert api(admin).get(f"{SECRETS}/{secret.id}").json()["is_readable"] is True


def test_the_only_admin_of_a_project_cannot_be_deleted(admin: Any, project: Project) -> None:
    make_secret(admin)
    with pytest.raises(ProtectedError), transaction.atomic():
        admin.delete()
    assert Membership.objects.admins().get().user == admin
    assert Secret.objects.count() == 1


def test_nor_as_one_of_many(admin: Any, stranger: Any, project: Project) -> None:
    with pytest.raises(ProtectedError), transaction.atomic():
        get_user_model()._default_manager.filter(pk__in=[stranger.pk, admin.pk]).delete()
    assert get_user_model()._default_manager.filter(pk=stranger.pk).exists()


def test_nor_all_admins_at_once(admin: Any, member: Any, project: Project) -> None:
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    with pytest.raises(ProtectedError), transaction.atomic():
        get_user_model()._default_manager.filter(pk__in=[admin.pk, member.pk]).delete()
    assert Membership.objects.admins().count() == 2


def test_one_of_two_admins_can_be_deleted(admin: Any, member: Any, project: Project) -> None:
    change_role(actor=Actor.from_user(admin), project_id=project.id, user_id=member.pk, role=Role.ADMIN)
    admin.delete()
    assert Membership.objects.admins().get().user == member
