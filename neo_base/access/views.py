"""The base of the views of both apps: each view has an actor, and declares a permission for each method."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, cast

from rest_framework.exceptions import APIException, MethodNotAllowed

from neo_base.access.actors import Actor, Origin
from neo_base.access.standing import NOTHING, Question, Standing, standing_of
from neo_base.rest.views import BaseView

# Fifty secrets of a usual size. To parse so much costs about as much as to look for a credential.
MAX_EARLY_BYTES = 16 * 2**10


class ActorView(BaseView):
    """A view that knows its actor, and the permission that each of its methods needs."""

    permissions: ClassVar[Mapping[str, StrEnum]] = {}
    """The permission that each method needs. A method that is not listed is refused: default deny."""
    _error_of_body: APIException | None = None

    @cached_property
    def actor(self) -> Actor:
        """The signed-in user as an actor, within the limits of their credential; one object for the whole request."""
        by = self.request.auth
        origin = Origin.of_signed_in(self.request._request, by)
        actor = Actor.from_user(self.request.user, limits=getattr(by, "limits", None), origin=origin)
        # Of a project without a role there, the policy is asked itself: it says why.
        actor.roles.update({} if self.standing is None else self.standing.roles)
        return actor

    @property
    def standing(self) -> Standing | None:
        """The answer to `question`, where it was asked with the credential."""
        return standing_of(self.request)

    def question(self) -> Question:
        """Return what decides about this request beside its credential, so that one statement asks both."""
        return NOTHING

    @property
    def body(self) -> dict[str, Any]:
        """The parsed body; the parser accepts JSON objects only. Raises what the parser raised, each time."""
        # DRF raises it once, and has an empty body afterwards.
        if self._error_of_body is None:
            try:
                return cast(dict[str, Any], self.request.data)
            except APIException as error:
                self._error_of_body = error
        raise self._error_of_body

    @property
    def has_early_body(self) -> bool:
        """Whether the body may be looked at before it is known who sent it: strangers have no large ones parsed."""
        length = str(self.request.META.get("CONTENT_LENGTH") or "0")
        return length.isdecimal() and int(length) <= MAX_EARLY_BYTES

    @property
    def required_permission(self) -> StrEnum:
        """The permission for the request's method, HEAD counting as GET. Raises MethodNotAllowed if there is none."""
        method = "GET" if self.request.method == "HEAD" else self.request.method or ""
        if method not in self.permissions:
            raise MethodNotAllowed(method)
        return self.permissions[method]
