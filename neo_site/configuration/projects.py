"""What projects may share."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

TEAM_ROLES = ("viewer", "member")


def team_role(env: FileAwareEnv) -> str | None:
    role = text(env, "NEO_TEAM_ROLE").lower()
    if role not in ("", *TEAM_ROLES):
        raise ImproperlyConfigured(f"NEO_TEAM_ROLE must be one of: {', '.join(TEAM_ROLES)}; or empty.")
    return role or None
