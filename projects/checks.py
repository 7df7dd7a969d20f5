"""System checks: what is wrong or dangerous in this app's settings, with what to do about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.utils.module_loading import import_string

from projects.conf import TEAM_ROLES, conf
from projects.setting_types import site_dictionary, unless_counts, unless_dictionary, unless_of_type

MARK = "{token}"


@register()
def settings_are_a_dictionary(**_: Any) -> list[CheckMessage]:
    return unless_dictionary("PROJECTS", "projects.E005")


@register()
def invitations_last(**_: Any) -> list[CheckMessage]:
    return unless_counts("PROJECTS", ["INVITATION_SECONDS"], "projects.E001")


@register()
def matching_is_on_or_off(**_: Any) -> list[CheckMessage]:
    return unless_of_type("PROJECTS", "INVITATION_EMAIL_MUST_MATCH", (bool,), "True or False", "projects.E006")


@register()
def invitation_url_takes_the_token(**_: Any) -> list[CheckMessage]:
    url = conf.invitation_url
    if not url or (url.count(MARK) == 1 and _is_web_address(url)):
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
    if site_dictionary("PROJECTS").get("TEAM_ROLE") in (None, *TEAM_ROLES):
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
    except (ImportError, ValueError, TypeError):
        # The last two for what is no dotted path at all.
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


def _is_web_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False
