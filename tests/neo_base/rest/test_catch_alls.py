"""What `check` says where a host's pattern for every other address comes before ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import include, path, re_path, reverse, set_script_prefix

from projects.checks import api_is_reached as projects_are_reached
from secrets_app.checks.api import api_is_reached as secrets_are_reached

pytestmark = pytest.mark.once


def page(*_: Any) -> HttpResponse:
    """Answer as a content management system does at every address, or as the one page of a JavaScript application."""
    return HttpResponse("of the host")


OURS = [path("api/v1/", include("projects.api.urls")), path("api/v1/", include("secrets_app.api.urls"))]
WITH_SLASH = re_path(r"^((?:[\w\-]+/)*)$", page)
EVERYTHING = re_path(r"", page)
SECRETS, PROJECTS = "/api/v1/secrets", "/api/v1/projects"


def said(settings: Any, *patterns: Any) -> dict[str, list[str]]:
    """Return the paths that do not reach us, by the check's id."""
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": patterns})
    found = [*secrets_are_reached(), *projects_are_reached()]
    assert all(f"{__name__}.page answers there" in message.msg and message.hint for message in found)
    ids = sorted({str(message.id) for message in found})
    return {each: [message.msg.partition(" ")[0] for message in found if message.id == each] for each in ids}


def test_before_a_catch_all_both_forms_reach_us(settings: Any) -> None:
    for catch_all in (WITH_SLASH, EVERYTHING):
        assert said(settings, *OURS, catch_all) == {}


def test_behind_a_catch_all_check_names_each_form_that_does_not(settings: Any) -> None:
    assert said(settings, WITH_SLASH, *OURS) == {
        "projects.W002": [f"{PROJECTS}/"],
        "secrets_app.W016": [f"{SECRETS}/"],
    }
    assert said(settings, EVERYTHING, *OURS) == {
        "projects.W002": [PROJECTS, f"{PROJECTS}/"],
        "secrets_app.W016": [SECRETS, f"{SECRETS}/"],
    }
    assert said(settings, OURS[1], WITH_SLASH, OURS[0]) == {"projects.W002": [f"{PROJECTS}/"]}


def test_a_site_below_a_path_is_looked_at_without_it(settings: Any) -> None:
    set_script_prefix("/below/")
    try:
        assert said(settings, *OURS, EVERYTHING) == {}
        assert reverse("secrets") == "/below/api/v1/secrets"
        assert said(settings, WITH_SLASH, *OURS)["secrets_app.W016"] == ["/below/api/v1/secrets/"]
    finally:
        set_script_prefix("/")


def test_a_site_without_our_api_or_without_urls_hears_nothing_of_it(settings: Any) -> None:
    assert said(settings, EVERYTHING) == {}
    settings.ROOT_URLCONF = None
    assert [*secrets_are_reached(), *projects_are_reached()] == []
