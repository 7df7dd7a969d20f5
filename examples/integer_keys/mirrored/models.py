"""A mirror for each team: the UUID by which secrets_app knows it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models


class Mirror(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A deleted team takes its mirror along, and that its secrets and keys.
    team = models.OneToOneField("teams.Team", on_delete=models.CASCADE, related_name="mirror")

    def __str__(self) -> str:
        return str(self.team)


def mirror(*, instance: Any, created: bool, raw: bool = False, **_: Any) -> None:
    """Give a new team its mirror. Fixtures bring their own."""
    if created and not raw:
        Mirror.objects.create(team=instance)
