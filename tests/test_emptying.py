"""What tests that commit leave behind: nothing, and what Django itself made stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import TransactionTestCase

from projects.models import Membership, Project
from secrets_app.models import AuditEvent, DataKey, Secret
from tests.cast import User, make_secret

pytestmark = pytest.mark.django_db(transaction=True)
EMPTIED: list[type[Model]] = [User, Membership, AuditEvent, Secret, DataKey]


def kept() -> list[list[Any]]:
    return [list(model._base_manager.order_by("pk").values()) for model in (ContentType, Permission)]


def teardown() -> None:
    TransactionTestCase("__init__")._fixture_teardown()  # type: ignore[attr-defined]


def test_all_rows_go_and_content_types_stay(member: Any, project: Project) -> None:
    make_secret(member, project_id=project.id)
    assert all(model._base_manager.exists() for model in EMPTIED)
    before = kept()
    teardown()
    assert not any(model._base_manager.exists() for model in EMPTIED)
    assert kept() == before


def test_permissions_that_a_test_changed_are_made_anew(member: Any) -> None:
    Permission.objects.filter(codename="view_secret").update(codename="sell_secret")
    teardown()
    assert Permission.objects.filter(codename="view_secret").exists()
    assert not Permission.objects.filter(codename="sell_secret").exists()
    assert not User._default_manager.exists()


def test_the_quick_way_is_taken_again_after_permissions_were_made_anew(member: Any) -> None:
    Permission.objects.filter(codename="view_secret").delete()
    teardown()
    before = kept()
    teardown()
    assert kept() == before
