"""An operator who follows every link of an admin site."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client


def crawl(operator: Client, start: str) -> dict[str, Any]:
    """Each page below `start` that a link leads to, by its address; fails where one is no page.

    Of what begins with a question mark (headings and filters of lists) there are too many ways to combine it.
    """
    pages: dict[str, Any] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop()
        pages[address] = answer = operator.get(address, follow=True)
        # A filter that a list cannot follow leads to the same list with an `e`.
        wrong = [to for to, _ in answer.redirect_chain if "?e=1" in to]
        assert (address, answer.status_code, wrong) == (address, 200, [])
        waiting += {unescape(link) for link in links(answer.text) if link.startswith(start)} - pages.keys() - {*waiting}
    return pages


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"#]+)"', page)
