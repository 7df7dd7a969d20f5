"""Sets of secrets. Nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from projects.actors import Actor
from secrets_app.conf import conf
from secrets_app.scopes import Scope

if TYPE_CHECKING:
    from secrets_app.models import Secret  # noqa: F401


class SecretQuerySet(models.QuerySet["Secret"]):
    def visible_to(self, actor: Actor) -> SecretQuerySet:
        """A user's personal secrets and those of his projects, or of the one project that his token reaches.

        Staff and superusers see no others.
        """
        shared = Q(project_id__in=conf.membership_policy.project_ids(actor.user))
        if actor.limits is not None and actor.limits.project_id is not None:
            return self.filter(shared, project_id=actor.limits.project_id)
        return self.filter(Q(owner=actor.user) | shared)

    def in_scope(self, scope: Scope) -> SecretQuerySet:
        return self.filter(**scope.columns)
