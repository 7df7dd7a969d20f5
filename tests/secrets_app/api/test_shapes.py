"""The shapes of secrets in answers are those that the serializers describe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.utils import timezone

from neo_base.rest.renderers import JSONRenderer
from projects.models import Project
from secrets_app.api import shapes
from secrets_app.api.serializers import SecretDetail, SecretOut
from secrets_app.models import Secret
from secrets_app.models.secret import QuarantineReason
from secrets_app.models.shown_secret import ShownSecret
from tests.cast import make_secret

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


def test_moments_of_other_zones_are_written_in_utc(member: Any) -> None:
    secret = make_secret(member)
    secret.expires_at = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    written = orjson.loads(JSONRenderer().render(shapes.secret_detail(secret)))
    assert written == {**SecretDetail(secret).data}
