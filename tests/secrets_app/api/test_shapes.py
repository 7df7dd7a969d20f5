"""The shapes of secrets in answers are those that the serializers describe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.utils import timezone

from neo_base.access.actors import Actor
from neo_base.rest.renderers import JSONRenderer
from projects.models import Project
from secrets_app.actions.secrets import delete_secret
from secrets_app.api import shapes
from secrets_app.api.audit_serializers import AuditEventOut
from secrets_app.api.grant_serializers import GrantExplanation, GrantOut
from secrets_app.api.serializers import SecretDetail, SecretOut
from secrets_app.audit.granted_sets import expand
from secrets_app.models import AuditEvent, Secret, TaskGrant
from secrets_app.models.secret import QuarantineReason
from secrets_app.models.shown_event import shown_events
from secrets_app.models.shown_secret import ShownSecret
from secrets_app.tasks.granted import load_granted
from tests.cast import make_secret
from tests.secrets_app.task import MakeTask

NOW = timezone.now()
KINDS: list[dict[str, Any]] = [
    {},
    {"description": "What for", "default_available": True, "created_by_agent": True, "version": 7, "revision": 9},
    {"expires_at": NOW, "last_used_at": NOW - timedelta(days=1), "created_at": NOW.replace(microsecond=0)},
    {"quarantine_reason": QuarantineReason.AGENT, "task_id": "task-1"},
    {"is_maskable": False, "is_exempt_from_redaction": True},
    {"damaged_at": NOW},
    {"mask": None},
]


def _row(secret: Secret) -> ShownSecret:
    return ShownSecret._make(Secret.objects.values_list(*ShownSecret._fields).get(pk=secret.pk))


def _model(secret: Secret) -> Secret:
    return Secret.objects.get(pk=secret.pk)


@pytest.mark.parametrize("columns", KINDS)
@pytest.mark.parametrize("read", [_row, _model])
@pytest.mark.parametrize("is_personal", [True, False])
def test_a_shape_is_what_its_serializer_describes(
    member: Any,
    project: Project,
    columns: dict[str, Any],
    read: Callable[[Secret], Secret | ShownSecret],
    is_personal: bool,
) -> None:
    secret = make_secret(member, value="ghp_abcdefghijklmnop", project_id=[project.id, None][is_personal])
    # The mask of another secret does not open here.
    other = make_secret(member, name="OTHER").mask
    Secret.objects.filter(pk=secret.pk).update(**{**columns, **({"mask": other} if "mask" in columns else {})})
    found = read(secret)
    for shape, serializer in [(shapes.secret_out, SecretOut), (shapes.secret_detail, SecretDetail)]:
        described = serializer(_model(secret)).data
        written = orjson.loads(JSONRenderer().render(shape(found)))
        assert (list(written.items()), list(written)) == (list(described.items()), list(serializer().fields))


GRANTS: list[dict[str, Any]] = [
    {},
    {"task_id": "t", "thread_id": "h", "scopes": ["secrets:create"], "latest": True, "max_uses": 3, "uses": 2},
    {"last_used_at": NOW, "revoked_at": NOW.astimezone(ZoneInfo("Europe/Berlin")), "created_at": NOW},
]


@pytest.mark.parametrize("columns", GRANTS)
def test_the_shape_of_a_grant_is_what_its_serializer_describes(
    member: Any, project: Project, make_task: MakeTask, columns: dict[str, Any]
) -> None:
    for name in ("B", "A", "A_1"):
        make_secret(member, name=name, project_id=project.id, default_available=True)
    make_secret(member, name="A")
    gone = make_secret(member, name="GONE")
    task = make_task(member, "personal:GONE", project_id=project.id)
    gone.delete()
    TaskGrant.objects.filter(pk=task.id).update(**columns)
    (grant,) = load_granted([TaskGrant.objects.select_related("granted_set").get(pk=task.id)])
    grant.granted_secrets.reverse()
    for shape, serializer in [(shapes.grant_out, GrantOut), (shapes.grant_explanation, GrantExplanation)]:
        described = serializer(grant).data
        assert described["omitted"]
        assert described["secrets"][-1]["secret_id"] is None
        assert JSONRenderer().render(shape(grant)) == JSONRenderer().render(described)


def test_the_shape_of_an_event_is_what_its_serializer_describes(
    member: Any, project: Project, make_task: MakeTask
) -> None:
    secret = make_secret(member, name="A", project_id=project.id, expires_at=NOW)
    make_task(member, "A", project_id=project.id).environment()
    delete_secret(actor=Actor.system("a command"), secret_id=secret.id)
    events = expand(shown_events(AuditEvent.objects.order_by("id")))
    assert {"secret.created", "grant.created", "environment.exposed"} < {event.event for event in events}
    for event in events:
        assert JSONRenderer().render(shapes.event_out(event)) == JSONRenderer().render(AuditEventOut(event).data)


def test_moments_of_other_zones_are_written_in_utc(member: Any) -> None:
    secret = make_secret(member)
    secret.expires_at = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    written = orjson.loads(JSONRenderer().render(shapes.secret_detail(secret)))
    assert written == {**SecretDetail(secret).data}
