"""Print the permission tables: who may do what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from django.core.management.base import BaseCommand

from projects import policies as projects
from projects.policies import EVERYONE, SIGNED_IN, Grant
from projects.roles import Role
from secrets_app import policies as secrets

TABLES: tuple[tuple[str, Mapping[Any, Grant]], ...] = (
    ("Projects", projects.PERMISSIONS),
    ("Secrets", secrets.PERMISSIONS),
)
HEADER = ("permission", *Role.values, "scope of a service token", "permission in the admin")
INTRODUCTION = """# Who may do what

Made by `manage.py permissions`. The tables in `projects/policies.py` and `secrets_app/policies.py` are what the API,
the admin and the tests read. A role counts in its own project; a personal secret is its owner's alone. A service token
needs the scope as well as its owner's role. Who is no member gets 404 for what exists and what does not; a member
whose role or token does not suffice gets 403. What has no row is nobody's.
"""


class Command(BaseCommand):
    help = "Print who may do what, as Markdown. docs/permissions.md is its output."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n".join([INTRODUCTION, *_lines()]))


def _lines() -> Iterator[str]:
    for title, table in TABLES:
        yield f"## {title}\n"
        yield _row(HEADER)
        yield _row("---" for _ in HEADER)
        yield from (_row(_cells(permission, grant)) for permission, grant in table.items())
        yield ""


def _cells(permission: StrEnum, grant: Grant) -> Iterator[str]:
    yield f"`{permission}`"
    holders = EVERYONE if grant.roles == SIGNED_IN else grant.roles
    yield from ("yes" if role in holders else "" for role in Role.values)
    yield f"`{grant.scope}`" if grant.scope else "none has it"
    yield f"`{grant.staff}`"


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"
