"""Reports to the audit log, as `projects` and host sites make them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from neo_base.access.actors import Actor
from neo_base.audit.catalogue import UndeclaredData, UnknownEvent
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from secrets_app.models import AuditEvent
from tests.cast import CANARY

PROJECT = UUID(int=7)
SUBJECT = Subject("project", "7", "Alpha")

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_report_of_a_project_is_written(member: Any) -> None:
    record("project.updated", actor=Actor.from_user(member), subject=SUBJECT, project_id=PROJECT, changed=["name"])
    event = AuditEvent.objects.get()
    assert (event.event, event.outcome, event.data) == ("project.updated", "done", {"changed": ["name"]})
    assert (event.actor_label, event.project_id, event.user_id) == ("member", PROJECT, "")
    assert (event.subject_kind, event.subject_id, event.subject_label) == ("project", "7", "Alpha")


def test_report_of_a_user_is_written(member: Any) -> None:
    record("project.created", actor=None, subject=Subject.of_user(member), user_id=member.pk)
    event = AuditEvent.objects.get()
    assert (event.actor_kind, event.project_id, event.user_id) == ("anonymous", None, str(member.pk))
    assert (event.subject_id, event.subject_label) == (str(member.pk), "member")


def test_report_without_owner_is_for_operators() -> None:
    record("project.created", actor=Actor.system("import"), subject=SUBJECT)
    assert (AuditEvent.objects.get().project_id, AuditEvent.objects.get().user_id) == (None, "")


def test_project_and_user_together_raise(member: Any) -> None:
    with pytest.raises(ValueError, match="to a project or to a user"):
        record("project.created", actor=None, subject=SUBJECT, project_id=PROJECT, user_id=member.pk)


def test_unknown_event_and_undeclared_data_write_nothing() -> None:
    with pytest.raises(UnknownEvent):
        record("project.seen", actor=None, subject=SUBJECT)
    with pytest.raises(UndeclaredData) as raised:
        record("project.updated", actor=None, subject=SUBJECT, note=CANARY)
    assert CANARY not in repr(raised.value)
    assert not AuditEvent.objects.exists()
