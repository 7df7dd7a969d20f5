"""What the views of `projects` and `secrets_app` share: an actor, and a permission declared for each method."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, cast

from rest_framework.exceptions import MethodNotAllowed

from neo_base.access.actors import Actor, Origin, credential_of
from neo_base.rest.views import BaseView


class ActorView(BaseView):
    permissions: ClassVar[Mapping[str, StrEnum]] = {}
    """The permission that each method needs. A method without a row is refused: default deny."""

    @cached_property
    def actor(self) -> Actor:
        """The signed-in user as an actor, within what the credential allows; the same object for the whole request."""
        by = self.request.auth
        origin = Origin.of(self.request._request, credential_of(by))
        return Actor.from_user(self.request.user, limits=getattr(by, "limits", None), origin=origin)

    @property
    def body(self) -> dict[str, Any]:
        """The parsed body; the parser lets nothing but an object pass."""
        return cast(dict[str, Any], self.request.data)

    @property
    def required_permission(self) -> StrEnum:
        method = "GET" if self.request.method == "HEAD" else self.request.method or ""
        if method not in self.permissions:
            raise MethodNotAllowed(method)
        return self.permissions[method]
