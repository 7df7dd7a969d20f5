"""The teams of this site and their members, with the integer keys that Django gives."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Team(models.Model):
    name = models.CharField(max_length=80)
    # Added for secrets_app, or there all along, for addresses that nobody can guess.
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """A user's place in a team."""

    class Rank(models.TextChoices):
        READER = "reader"
        WRITER = "writer"
        CAPTAIN = "captain"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="places")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="places")
    rank = models.CharField(max_length=8, choices=Rank.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="teams_one_place")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
