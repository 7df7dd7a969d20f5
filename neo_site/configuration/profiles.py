"""The two profiles, and what only development may do."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import switch

PROFILES = ("production", "development")


def is_development(profile: str) -> bool:
    """Return whether `profile` is development; raise ImproperlyConfigured for one that does not exist."""
    if profile not in PROFILES:
        raise ImproperlyConfigured(f"NEO_PROFILE must be one of: {', '.join(PROFILES)}.")
    return profile == "development"


def debug(env: FileAwareEnv, *, development: bool) -> bool:
    """Return whether Django's DEBUG is on; raise ImproperlyConfigured when production asks for it."""
    wanted = switch(env, "NEO_DEBUG", default=False)
    if wanted and not development:
        raise ImproperlyConfigured("NEO_DEBUG is refused in the production profile: its error pages show internals.")
    return wanted
