"""The Content-Security-Policy: pages load files of this host, and nothing written into the page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.once

ADMIN = ["/admin/", "/admin/secrets_app/secret/", "/admin/secrets_app/secret/add/", "/admin/projects/project/add/"]


def directives(header: str) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in header.split("; "))


@pytest.mark.parametrize("path", ["/livez", "/api/openapi.json", "/api/v1/secrets", "/accounts/login/", "/nowhere"])
def test_every_answer_carries_the_policy(path: str, client: Client, db: None) -> None:
    policy = directives(client.get(path).headers["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


@pytest.mark.parametrize("path", ["/api/docs", "/accounts/login/"])
def test_no_policy_allows_inline_or_foreign_code(path: str, client: Client, db: None) -> None:
    header = client.get(path).headers["Content-Security-Policy"]
    assert not re.search(r"unsafe|\*|http", header)


def test_the_api_page_may_show_icons_from_its_style_sheet(client: Client, db: None) -> None:
    policy = directives(client.get("/api/docs").headers["Content-Security-Policy"])
    assert policy["img-src"] == "'self' data:"
    assert policy["script-src"] == "'self'"


@pytest.mark.parametrize("path", ["/api/docs", *ADMIN])
def test_no_page_has_style_or_script_of_its_own(path: str, client: Client, superuser: Any) -> None:
    client.force_login(superuser)
    page = client.get(path).content.decode()
    assert not re.search(r"<style|<script(?![^>]* src=)[^>]*>\s*[^\s<]|\son\w+=|\sstyle=|javascript:", page)
