"""The three roles of a project, lowest first."""

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMIN = "admin", _("Admin")


WORDS = {gettext_noop("viewer"), gettext_noop("member"), gettext_noop("admin")}
"""The roles within a sentence."""


def role_in_words(role: str) -> str:
    return gettext(role) if role in WORDS else role
