"""The base of every view of this API: a permission for each method, asked of the policy table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated

from neo_base.access.standing import NOTHING, Question
from neo_base.access.views import ActorView
from neo_base.rest.fields import UUIDField
from secrets_app.api.permissions import PolicyPermission
from secrets_app.api.questions import role_in

ID = UUIDField()


class PolicyView(ActorView):
    permission_classes = [IsAuthenticated, PolicyPermission]

    def requested_project_ids(self) -> Iterator[UUID]:
        """Yield the ids of the projects that query or body name, for `PolicyPermission`; none by default.

        A malformed id is left out: the serializer refuses it.
        """
        return iter(())

    def role_in_named_project(self) -> Question:
        """Return the question for the role in the project that the request names first, if it can be seen so early."""
        project_id = None
        if self.has_early_body:
            # What is wrong with a body is said when everybody may hear it: after authentication.
            with suppress(APIException):
                project_id = next(self.requested_project_ids(), None)
        return NOTHING if project_id is None else role_in(project_id)


def named_project_ids(items: Iterable[Any]) -> Iterator[UUID]:
    """Yield the well-formed `project_id` of each item, each id once. An item that is no mapping is passed over."""
    seen = set()
    for item in items:
        try:
            project_id = ID.run_validation(item.get("project_id"))
        except (AttributeError, ValidationError):
            continue
        if project_id not in seen:
            seen.add(project_id)
            yield project_id
