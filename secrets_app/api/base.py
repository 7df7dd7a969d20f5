"""The base of every view of this API: a permission for each method, asked of the policy table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated

from neo_base.access.views import ActorView
from neo_base.rest.fields import UUIDField
from secrets_app.api.permissions import PolicyPermission


class PolicyView(ActorView):
    permission_classes = [IsAuthenticated, PolicyPermission]

    def requested_project_ids(self) -> Iterator[UUID]:
        """Yield the ids of the projects that query or body name, for `PolicyPermission`; none by default.

        A malformed id is left out: the serializer refuses it.
        """
        return iter(())


def named_project_ids(items: Iterable[Any]) -> Iterator[UUID]:
    """Yield the well-formed `project_id` of each item, each id once. An item that is no mapping is passed over."""
    seen = set()
    for item in items:
        try:
            project_id = UUIDField().run_validation(item.get("project_id"))
        except (AttributeError, ValidationError):
            continue
        if project_id not in seen:
            seen.add(project_id)
            yield project_id
