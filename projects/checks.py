"""System checks of this app's settings: what is wrong or dangerous, and what to do about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from neo_base.rest.urls import hidden
from neo_base.site_settings import site_dictionary, unknown_keys, unless_counts, unless_dictionary, unless_of_type
from projects.conf import TEAM_ROLES, Settings, conf

TOKEN_MARK = "{token}"
"""The placeholder for an invitation's token in `INVITATION_URL`."""


@register()
def settings_are_a_dictionary(**_: Any) -> list[CheckMessage]:
    return unless_dictionary("PROJECTS", "projects.E005")


@register()
def settings_are_known(**_: Any) -> list[CheckMessage]:
    return unknown_keys("PROJECTS", Settings, "projects.E007")


@register(Tags.urls)
def api_is_reached(**_: Any) -> list[CheckMessage]:
    """Return a warning for each form of the API's paths that leads to another view, as behind a catch-all pattern."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    hint = "In the URLs of the site, put what includes projects.api.urls before the pattern of that view."
    return [
        checks.Warning(f"{path} does not reach the projects API: {view} answers there.", hint, id="projects.W002")
        for path, view in hidden("projects", "projects")
    ]


@register()
def invitations_last(**_: Any) -> list[CheckMessage]:
    return unless_counts("PROJECTS", ["INVITATION_SECONDS"], "projects.E001")


@register()
def matching_is_on_or_off(**_: Any) -> list[CheckMessage]:
    return unless_of_type("PROJECTS", "INVITATION_EMAIL_MUST_MATCH", (bool,), "True or False", "projects.E006")


@register()
def invitation_url_takes_the_token(**_: Any) -> list[CheckMessage]:
    url = conf.invitation_url
    if not url or (url.count(TOKEN_MARK) == 1 and _is_web_address(url)):
        return []
    return [
        Error(
            "PROJECTS['INVITATION_URL'] is not a URL with one {token} in it.",
            hint="Set it to a URL such as https://secrets.example.com/invitation#{token}, or leave it empty.",
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
            hint="Correct it. Until then, sharing with the team is off. The team cannot be made admins.",
            id="projects.E003",
        )
    ]


@register(Tags.security)
def invitation_token_stays_out_of_logs(**_: Any) -> list[CheckMessage]:
    before_fragment = conf.invitation_url.partition("#")[0]
    if TOKEN_MARK not in before_fragment:
        return []
    return [
        checks.Warning(
            "PROJECTS['INVITATION_URL'] has the token in a part of the URL that servers log.",
            hint="Put {token} after a #: browsers do not send that part.",
            id="projects.W001",
        )
    ]


def _is_web_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False
