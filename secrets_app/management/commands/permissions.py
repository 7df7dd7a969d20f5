"""Print the permission tables: who may do what, and what each endpoint asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import URLPattern, URLResolver, get_resolver

from neo_base.access.policies import EVERYONE, SIGNED_IN, Rule, policy_tables
from neo_base.access.roles import Role

HEADER = ("permission", *Role.values, "scope of a service token", "permission in the admin")
INTRODUCTION = """# Who may do what

Made by `manage.py permissions`. The tables in `projects/policies.py` and `secrets_app/policies.py` are what the API,
the admin and the tests read. A role counts in its own project; a personal secret is its owner's alone. A service token
needs the scope as well as its owner's role. Who is no member gets 404 for what exists and what does not; a member
whose role or token does not suffice gets 403. What has no row is nobody's.
"""


METHODS = ("GET", "POST", "PATCH", "DELETE")
ENDPOINTS = """## Endpoints

The permission that each method asks for; a method without one is refused. Beyond it: removing another member asks for
`members.manage`, a service token for one project for `secret.view` there, and a task that may create secrets for
`secret.create`.
"""


class Command(BaseCommand):
    help = "Print who may do what, as Markdown. docs/permissions.md is its output."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n".join([INTRODUCTION, *_lines(), ENDPOINTS, *_endpoints()]))


def _lines() -> Iterator[str]:
    for title, table in sorted(policy_tables.items()):
        yield f"## {title}\n"
        yield _row(HEADER)
        yield _row("---" for _ in HEADER)
        yield from (_row(_cells(permission, rule)) for permission, rule in table.items())
        yield ""


def _endpoints() -> Iterator[str]:
    """What the site's own addresses ask for, so also where a host has put them."""
    yield _row(("endpoint", *METHODS))
    yield _row("---" for _ in ("endpoint", *METHODS))
    for address, permissions in _declared(get_resolver(), "/"):
        yield _row((f"`{address}`", *(f"`{permissions[each]}`" if each in permissions else "" for each in METHODS)))


def _declared(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Mapping[str, StrEnum]]]:
    entries: list[Any] = resolver.url_patterns
    for entry in entries:
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"{prefix}{entry.pattern}")
        if isinstance(entry, URLResolver):
            yield from _declared(entry, address)
        elif isinstance(entry, URLPattern) and entry.name:
            declared = getattr(getattr(entry.callback, "cls", None), "permissions", {})
            if declared:
                yield address, declared


def _cells(permission: StrEnum, rule: Rule) -> Iterator[str]:
    yield f"`{permission}`"
    holders = EVERYONE if rule.roles == SIGNED_IN else rule.roles
    yield from ("yes" if role in holders else "" for role in Role.values)
    yield f"`{rule.scope}`" if rule.scope else "none has it"
    yield f"`{rule.staff}`"


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
