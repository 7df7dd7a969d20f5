"""The command that prints the policy tables, and the permission that each endpoint needs."""

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

`manage.py permissions` prints this page from the policy tables in `projects/policies.py` and
`secrets_app/policies.py`, which the API, the admin and the tests read, too.

A role counts in its own project. A personal secret is accessible to its owner only. A service token needs the scope in
addition to its owner's role. Someone who is not a member gets 404 for an id in the address, whether the object exists
or not; a member whose role or token does not suffice gets 403. Nobody holds a permission that has no row.
"""


METHODS = ("GET", "POST", "PATCH", "DELETE")
ENDPOINTS = """## Endpoints

The table shows the permission that each method needs; a method without one is refused. Some requests need another one
as well: removing another member needs `members.manage`, creating a service token for one project needs `secret.view`
there, seeing and revoking those of others for a project needs `project_tokens.manage`, granting a task the right to
create secrets needs `secret.create`, and promoting a project's secret whose name changes how programs run needs
`secret.promote_risky_name`.
"""


class Command(BaseCommand):
    help = "Print who may do what, as Markdown. Its output is docs/permissions.md."
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
    """Yield the table of the site's endpoints, under the prefixes that its own URLs give them."""
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
    yield f"`{rule.scope}`" if rule.scope else "none can have it"
    yield f"`{rule.staff}`"


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
