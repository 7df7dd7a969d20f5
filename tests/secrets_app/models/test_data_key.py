"""Data keys in the database: one active per scope, gone with their scope, and never without what they sealed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from projects.models import Project
from secrets_app.models import DataKey
from secrets_app.scopes import Scope
from tests.cast import make_secret

State = DataKey.State


def test_the_database_keeps_one_active_key_per_scope(member: Any, project: Project) -> None:
    for scope in (Scope(owner_id=member.pk), Scope(project_id=project.id)):
        for state in (State.ACTIVE, State.RETIRING, State.RETIRING, State.DESTROYED):
            DataKey.objects.create(master_key_id="k", wrapped=b"", state=state, **scope.columns)
        with pytest.raises(IntegrityError), transaction.atomic():
            DataKey.objects.create(master_key_id="k", wrapped=b"", state=State.ACTIVE, **scope.columns)


@pytest.mark.parametrize("columns", [{}, {"owner": True, "project": True}])
def test_the_database_keeps_one_scope_per_row(columns: dict[str, bool], member: Any, project: Project) -> None:
    given = {name: {"owner": member, "project": project}[name] for name in columns}
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.create(master_key_id="k", wrapped=b"", **given)


def test_a_key_is_deleted_with_its_project_or_user(member: Any, admin: Any, project: Project) -> None:
    make_secret(member)
    make_secret(admin, project_id=project.id)
    project.delete()
    assert [key.scope for key in DataKey.objects.all()] == [Scope(owner_id=member.pk)]
    member.delete()
    assert not DataKey.objects.exists()


def test_a_key_that_a_secret_needs_is_not_deleted_alone(member: Any) -> None:
    secret = make_secret(member)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.filter(pk=secret.data_key_id).delete()
    assert DataKey.objects.filter(pk=secret.data_key_id).exists()
