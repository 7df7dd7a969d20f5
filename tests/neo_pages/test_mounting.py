"""The pages in a host site: at another address, in its frame, without what the assembled site has beside."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings

from tests.cast import make_secret
from tests.neo_pages.conftest import SignedIn

pytestmark = [pytest.mark.once, pytest.mark.urls("tests.neo_pages.mounted")]

FRAME = """{% extends "office.html" %}
{% block head %}{% endblock %}
{% block content %}{% block neo_pages %}{% endblock %}{% endblock %}
"""
OFFICE = """<title>{% block title %}{% endblock %} - Office</title>{% block head %}{% endblock %}
<main>{% block content %}{% endblock %}</main>
"""


def test_every_link_stays_below_the_address_of_the_host(member: Any, signed_in: SignedIn) -> None:
    secret, client = make_secret(member, name="TOKEN"), signed_in(member)
    for address in ("/office/vault/", "/office/vault/secrets/", f"/office/vault/secrets/{secret.pk}/"):
        page = client.get(address).content.decode()
        links = set(re.findall(r'(?:href|action)="(/[^"]*)"', page))
        assert {link for link in links if not link.startswith(("/office/vault/", "/static/"))} == set()
        assert len(links) > 3


def test_a_host_puts_its_own_frame_around_the_pages(
    member: Any, signed_in: SignedIn, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "neo_pages").mkdir()
    (tmp_path / "neo_pages" / "layout.html").write_text(FRAME, encoding="utf-8")
    (tmp_path / "office.html").write_text(OFFICE, encoding="utf-8")
    templates = deepcopy(site_settings.TEMPLATES)
    templates[0]["DIRS"] = [tmp_path]
    settings.TEMPLATES = templates
    page = signed_in(member).get("/office/vault/secrets/").content.decode()
    assert "<title>Your secrets - Office</title>" in page
    assert "neo_pages/style.css" in page
    assert page.count("<main>") == page.count("<h1>") == 1
    assert "neo-header" not in page
