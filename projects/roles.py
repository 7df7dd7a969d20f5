"""The three roles of a project, lowest first."""

from django.db import models


class Role(models.TextChoices):
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
