"""People at the pages: signed in by a cookie, as browsers are."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from neo_base.access.cookies import SIGNED_IN_AT


def at_the_pages(user: Any) -> Client:
    """Return a browser in which the user has just signed in."""
    client = Client()
    client.force_login(user)
    session = client.session
    session[SIGNED_IN_AT] = int(timezone.now().timestamp())
    session.save()
    return client


def text_of(answer: Any) -> str:
    """Return what the page says, without its marks and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())
