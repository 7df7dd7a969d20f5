"""NEO_LOG_FORMAT: JSON for production, text for people."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration import logs


def env(**variables: str) -> FileAwareEnv:
    given = FileAwareEnv()
    given.ENVIRON = variables
    return given


@pytest.mark.parametrize(
    ("given", "development", "form"),
    [("", False, "json"), ("", True, "text"), ("text", False, "text"), (" JSON ", True, "json")],
)
def test_the_profile_sets_the_default_format(given: str, development: bool, form: str) -> None:
    assert logs.log_format(env(NEO_LOG_FORMAT=given), development=development) == form


def test_an_unknown_format_is_refused_and_not_repeated() -> None:
    with pytest.raises(ImproperlyConfigured, match="NEO_LOG_FORMAT must be one of: json, text") as refused:
        logs.log_format(env(NEO_LOG_FORMAT="xml"), development=False)
    assert "xml" not in str(refused.value)
