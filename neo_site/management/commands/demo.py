"""Demo users, a demo project and its secrets, in the development profile only."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.test.utils import override_settings

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_base.audit.reporting import record
from neo_base.audit.subjects import Subject
from neo_base.mail import NO_BACKEND
from neo_site import demo
from neo_site.demo_secrets import fill
from projects.actions import add_member, create_project

USERS = ("admin", "member", "viewer", "stranger")
PROJECT_NAME = "Demo project"

GUIDE = """
  Pages      {base}/   each user; member sees secrets in every state
  Admin      {base}/admin/   user admin, password {admin}
  API page   {base}/api/docs
  Project    {project}   (admin, member and viewer belong to it, stranger does not)
  Passwords  {passwords}

  Store a secret, and run a command with it that prints a reference:
.venv/bin/neo login --server {base} --username member
.venv/bin/neo secrets set GITHUB_TOKEN --default
.venv/bin/neo run -- sh -c 'echo $GITHUB_TOKEN'

  Or with the API. Sign in:
{sign_in}

  Create a secret:
{create}
"""
JSON = "-H 'Content-Type: application/json' -d"
SIGN_IN = (
    "TOKEN=$(curl -s {base}/api/v1/auth/token " + JSON + """ '{{"username": "member", "password": "{member}"}}'"""
    r""" | sed 's/.*"access": *"\([^"]*\)".*/\1/')"""
)
CREATE = (
    """curl -s {base}/api/v1/secrets -H "Authorization: Bearer $TOKEN" """
    + JSON
    + """ '{{"name": "DEMO_'$(date +%s)'","""
    """ "value": "a-value-that-never-comes-back", "default_available": true}}'"""
)


class Command(BaseCommand):
    help = "Create demo users, a project and secrets once, and print how to use them. Development profile only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default="http://127.0.0.1:8000", help="The address of the site.")
        parser.add_argument("--no-secrets", action="store_true", help="Create users and project alone.")

    def handle(self, *args: Any, base_url: str, no_secrets: bool, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Demo users exist in the development profile only (NEO_PROFILE=development).")
        kept = _read_or_create(settings.DATA_DIR, with_secrets=not no_secrets)
        passwords: dict[str, str] = kept["passwords"]
        listed = "  ".join(f"{name}: {password}" for name, password in passwords.items())
        commands = {"sign_in": SIGN_IN, "create": CREATE}
        shown = {name: command.format(base=base_url, **passwords) for name, command in commands.items()}
        guide = GUIDE.format(base=base_url, passwords=listed, project=kept["project"], **passwords, **shown)
        self.stdout.write(guide)


def _read_or_create(directory: Path, *, with_secrets: bool) -> dict[str, Any]:
    """Return the demo of this data directory; make it, with random passwords, if there is none."""
    if not demo.exists(directory):
        passwords = {name: secrets.token_urlsafe(12) for name in USERS}
        # The mail about the new tokens would stand between the lines of the guide.
        with override_settings(EMAIL_BACKEND=NO_BACKEND), transaction.atomic():
            demo.keep(directory, {"passwords": passwords, **_create(passwords, with_secrets)})
    return demo.read(directory)


def _create(passwords: dict[str, str], with_secrets: bool) -> dict[str, Any]:
    """Create users, project and secrets; return the id of the project, and those for the examples of the API."""
    users = get_user_model()._default_manager
    if users.filter(username__in=USERS).exists():
        raise CommandError(
            "The demo users exist, but not demo.json with their passwords. Start with a new NEO_DATA_DIR."
        )
    for name in USERS:
        operator = {"is_staff": True, "is_superuser": True} if name == "admin" else {}
        user = users.create_user(name, f"{name}@example.com", passwords[name], **operator)
        record(
            "user.created",
            actor=Actor.system("demo"),
            subject=Subject.of_user(user),
            user_id=user.pk,
            is_superuser=user.is_superuser,
        )
    admin = Actor.from_user(users.get(username="admin"))
    project = create_project(actor=admin, name=PROJECT_NAME)
    for name, role in (("member", Role.MEMBER), ("viewer", Role.VIEWER)):
        add_member(actor=admin, project_id=project.id, username=name, role=role)
    ids = fill(users.get(username="admin"), users.get(username="member"), project) if with_secrets else {}
    return {"project": str(project.id), "ids": ids}
