"""Whose secrets a page shows: one's own, or those of a project. The project model may be the host's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from rest_framework.exceptions import APIException

from neo_base.access.actors import Actor
from neo_base.rest.refused_attempts import get_visible_or_404
from secrets_app.conf import conf
from secrets_app.models.project import project_field, project_id_of, projects_with_ids
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require


@dataclass(frozen=True)
class NamedOwner:
    """An owner as pages name it, and the address of the list of its secrets."""

    owner: Owner
    name: str

    @property
    def project_id(self) -> UUID | None:
        return self.owner.project_id

    @property
    def address(self) -> str:
        if self.project_id is None:
            return reverse("neo_pages:secrets")
        return reverse("neo_pages:project_secrets", kwargs={"project_id": self.project_id})


def projects_of(actor: Actor) -> QuerySet[Any]:
    """Return the projects that the actor belongs to, of whatever model the site has, in its order."""
    return projects_with_ids(conf.membership_policy.project_ids(actor.user))


def personal(actor: Actor) -> NamedOwner:
    return NamedOwner(Owner(user_id=actor.user.pk), gettext("Your secrets"))


def of_project(project: Any) -> NamedOwner:
    return NamedOwner(Owner(project_id=project_id_of(project)), str(project))


def named_owner(actor: Actor, project_id: UUID | None) -> NamedOwner:
    """Return the project as an owner, else the actor. Raises Missing for a project that they do not belong to."""
    if project_id is None:
        return personal(actor)
    return of_project(get_visible_or_404(projects_of(actor), project_id, project_field()))


def owners_on(request: HttpRequest) -> list[NamedOwner]:
    """Return everything whose secrets the person who asks may see, themselves first; nothing for visitors.

    Costs one query for a page, however often it asks.
    """
    if not hasattr(request, "page_owners"):
        user = getattr(request, "user", None)
        is_known = user is not None and user.is_authenticated
        request.page_owners = _owners_of(Actor.from_user(user)) if is_known else []  # type: ignore[attr-defined]
    found: list[NamedOwner] = request.page_owners  # type: ignore[attr-defined]
    return found


def _owners_of(actor: Actor) -> list[NamedOwner]:
    return [personal(actor), *map(of_project, projects_of(actor))]


def may(actor: Actor, permission: Permission, owner: Owner) -> bool:
    """Return whether the actor holds the permission, to show or hide a button; the action asks again."""
    try:
        require(actor, permission, owner)
    except APIException:
        return False
    return True
