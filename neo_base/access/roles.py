"""The three roles in a project, lowest first."""

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A user's role in one project."""

    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMIN = "admin", _("Admin")


WORDS = {gettext_noop("viewer"), gettext_noop("member"), gettext_noop("admin")}
"""The names of the roles as they stand within a sentence."""


def role_in_words(role: str) -> str:
    """Return the name of `role` for use within a sentence, in the current language; an unknown role unchanged."""
    return gettext(role) if role in WORDS else role
