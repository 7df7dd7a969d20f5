"""The settings of this app: the site's dictionary `PROJECTS`, read at each access so that tests can override it."""

from __future__ import annotations

from typing import Any

from neo_base.access.roles import Role
from neo_base.site_settings import site_dictionary

TEAM_ROLES = (Role.VIEWER.value, Role.MEMBER.value)


class Settings:
    """The keys of `PROJECTS`, with their defaults."""

    @property
    def invitation_seconds(self) -> int:
        """The time in seconds during which an invitation can be accepted."""
        return int(self._get("INVITATION_SECONDS", 604_800))

    @property
    def invitation_url(self) -> str:
        """The URL, with `{token}` in it, where people answer an invitation; if empty, the mail explains the API."""
        return str(self._get("INVITATION_URL", ""))

    @property
    def invitation_email_must_match(self) -> bool:
        """Whether only an account with the invited e-mail address may answer an invitation; only False turns it off."""
        return self._get("INVITATION_EMAIL_MUST_MATCH", True) is not False

    @property
    def team_role(self) -> str | None:
        """The role of every active user in projects that are shared with the team; None if such sharing is off.

        It is "viewer" or "member". Anything else counts as off, so that a mistake gives no access; a check reports it.
        """
        role = self._get("TEAM_ROLE", None)
        return role if role in TEAM_ROLES else None

    def _get(self, name: str, default: Any) -> Any:
        return site_dictionary("PROJECTS").get(name, default)


conf = Settings()
