"""System checks: what is wrong or dangerous in this app's settings, with what to do about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as site_settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.module_loading import import_string

from projects.conf import TEAM_ROLES, conf

MARK = "{token}"


@register()
def invitations_last(**_: Any) -> list[CheckMessage]:
    if conf.invitation_seconds >= 1:
        return []
    return [Error("PROJECTS['INVITATION_SECONDS'] must be at least 1.", id="projects.E001")]


@register()
def invitation_url_takes_the_token(**_: Any) -> list[CheckMessage]:
    url = conf.invitation_url
    if not url or (url.count(MARK) == 1 and urlsplit(url).scheme in ("http", "https")):
        return []
    return [
        Error(
            "PROJECTS['INVITATION_URL'] is not an address that takes a token.",
            hint="Such as https://secrets.example.com/invitation#{token}, or empty.",
            id="projects.E002",
        )
    ]


@register(Tags.security)
def team_role_is_harmless(**_: Any) -> list[CheckMessage]:
    if getattr(site_settings, "PROJECTS", {}).get("TEAM_ROLE") in (None, *TEAM_ROLES):
        return []
    return [
        Error(
            "PROJECTS['TEAM_ROLE'] must be None, 'viewer' or 'member'.",
            hint="Sharing with everyone on the site is off until then. It never makes anybody an admin.",
            id="projects.E003",
        )
    ]


@register()
def client_address_loads(**_: Any) -> list[CheckMessage]:
    try:
        loads = callable(import_string(conf.client_address))
    except ImportError:
        loads = False
    if loads:
        return []
    return [
        Error(
            "PROJECTS['CLIENT_ADDRESS'] does not name a callable.",
            hint="Name a function that takes a request and returns its client's address, or leave it out.",
            id="projects.E004",
        )
    ]


@register(Tags.security)
def invitation_token_stays_out_of_logs(**_: Any) -> list[CheckMessage]:
    before_fragment = conf.invitation_url.partition("#")[0]
    if MARK not in before_fragment:
        return []
    return [
        checks.Warning(
            "PROJECTS['INVITATION_URL'] puts the token where servers log it.",
            hint="Put it behind a #: browsers keep that part to themselves.",
            id="projects.W001",
        )
    ]
