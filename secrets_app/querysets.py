"""Sets of secrets. Nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from secrets_app.conf import conf
from secrets_app.scopes import Scope

if TYPE_CHECKING:
    from secrets_app.models import Secret  # noqa: F401


class SecretQuerySet(models.QuerySet["Secret"]):
    def visible_to(self, user: Any) -> SecretQuerySet:
        """The user's personal secrets and those of his projects; staff and superusers see no others."""
        return self.filter(Q(owner=user) | Q(project_id__in=conf.membership_policy.project_ids(user)))

    def in_scope(self, scope: Scope) -> SecretQuerySet:
        return self.filter(**scope.columns)
