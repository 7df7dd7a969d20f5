"""Sharing projects with the team."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

TEAM_ROLES = ("viewer", "member")


def team_role(env: FileAwareEnv) -> str | None:
    """Return the role of everyone on the site in projects shared with the team; None turns sharing off."""
    role = text(env, "NEO_TEAM_ROLE").lower()
    if role not in ("", *TEAM_ROLES):
        raise ImproperlyConfigured(f"NEO_TEAM_ROLE must be one of: {', '.join(TEAM_ROLES)}; or empty.")
    return role or None
