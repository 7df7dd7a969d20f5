"""Data keys in the database: one active per owner, gone with their owner, and never without what they sealed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from projects.models import Project
from secrets_app.models import DataKey
from secrets_app.owners import Owner
from tests.cast import make_secret

State = DataKey.State


def test_the_database_keeps_one_active_key_per_owner(member: Any, project: Project) -> None:
    for owner in (Owner(user_id=member.pk), Owner(project_id=project.id)):
        for state in (State.ACTIVE, State.RETIRING, State.RETIRING, State.DESTROYED):
            DataKey.objects.create(master_key_id="k", wrapped=b"", state=state, **owner.columns)
        with pytest.raises(IntegrityError), transaction.atomic():
            DataKey.objects.create(master_key_id="k", wrapped=b"", state=State.ACTIVE, **owner.columns)


@pytest.mark.parametrize("columns", [{}, {"user": True, "project": True}])
def test_the_database_keeps_one_owner_per_row(columns: dict[str, bool], member: Any, project: Project) -> None:
    given = {name: {"user": member, "project": project}[name] for name in columns}
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.create(master_key_id="k", wrapped=b"", **given)


def test_a_key_is_deleted_with_its_project_or_user(member: Any, admin: Any, project: Project) -> None:
    make_secret(member)
    make_secret(admin, project_id=project.id)
    project.delete()
    assert [key.owner for key in DataKey.objects.all()] == [Owner(user_id=member.pk)]
    member.delete()
    assert not DataKey.objects.exists()


def test_a_key_that_a_secret_needs_is_not_deleted_alone(member: Any) -> None:
    secret = make_secret(member)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.filter(pk=secret.data_key_id).delete()
    assert DataKey.objects.filter(pk=secret.data_key_id).exists()
