"""NEO_TEAM_ROLE: the role of everyone in projects that are shared with the team."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration import projects


def env(**variables: str) -> FileAwareEnv:
    given = FileAwareEnv()
    given.ENVIRON = variables
    return given


@pytest.mark.parametrize(("text", "role"), [("", None), ("viewer", "viewer"), (" Member ", "member")])
def test_the_team_has_a_role_or_none(text: str, role: str | None) -> None:
    assert projects.team_role(env(NEO_TEAM_ROLE=text)) == role


@pytest.mark.parametrize("text", ["admin", "owner", "true", "viewer,member"])
def test_any_other_role_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_TEAM_ROLE"):
        projects.team_role(env(NEO_TEAM_ROLE=text))
