"""The measured jobs: each as a request to the site, and as the bare statements that it needs at least."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from neo_base.access.actors import Actor
from neo_site.signin.actions import sign_in
from projects.actions import create_project
from secrets_app.actions.secrets import Draft, create_secrets
from secrets_app.crypto import DataKeyCipher, SecretContext, new_data_key
from secrets_app.models import DataKey
from secrets_app.owners import Owner
from secrets_app.plaintext import Plaintext

Job = Callable[[], Any]

INSERT = """
    INSERT INTO secrets_app_secret (id, project_id, name, description, default_available, created_by_agent,
        created_by_id, revision, version, data_key_id, value, mask, set_at, created_at, updated_at)
    VALUES (%s, %s, %s, '', false, false, %s, 1, 1, %s, %s, %s, %s, %s, %s)
"""
ROLE = "SELECT role FROM projects_membership WHERE project_id = %s AND user_id = %s"
KEY = "SELECT id FROM secrets_app_datakey WHERE project_id = %s AND state = 'active'"
LIST = """
    SELECT id, name, mask, created_at, updated_at FROM secrets_app_secret WHERE project_id = %s ORDER BY name LIMIT 100
"""


def prepare(*, listed: int) -> Iterator[tuple[str, Job, Job]]:
    """Yield (name, request, floor). Both jobs of one name do the same work, each on a project of its own."""
    settings.ALLOWED_HOSTS = ["testserver"]
    user = make_user()
    client = Client(headers={"Authorization": f"Bearer {sign_in(user=user).access}"})
    bare = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None, "prepare_threshold": 1})
    yield "create", *_create(user, client, bare)
    yield "list", *_list(user, client, bare, listed)


def _create(user: Any, client: Client, bare: Any) -> tuple[Job, Job]:
    ours, theirs = make_project(user, 1), make_project(user, 1)
    key_id = DataKey.objects.get(project_id=theirs).id
    cipher = DataKeyCipher(key_id, new_data_key())
    numbers = count()

    def request() -> None:
        body = {"name": f"R{next(numbers)}", "value": "v" * 40, "project_id": str(ours)}
        answer = client.post("/api/v1/secrets", json.dumps(body), content_type="application/json")
        assert answer.status_code == 201, answer.content  # noqa: S101

    def floor() -> None:
        now, secret_id = datetime.now(UTC), uuid.uuid4()
        sealed = [cipher.seal(b"v" * 40, SecretContext(f, secret_id, "s", 1)) for f in ("value", "mask")]
        with bare.transaction():
            bare.execute(ROLE, (theirs, user.pk)).fetchone()
            bare.execute(KEY, (theirs,)).fetchone()
            row = (secret_id, theirs, f"F{next(numbers)}", user.pk, key_id, *sealed, now, now, now)
            bare.execute(INSERT, row)

    return request, floor


def _list(user: Any, client: Client, bare: Any, listed: int) -> tuple[Job, Job]:
    project = make_project(user, listed)

    def request() -> None:
        answer = client.get(f"/api/v1/secrets?project_id={project}")
        assert answer.json()["count"] == listed  # noqa: S101

    def floor() -> None:
        bare.execute(ROLE, (project, user.pk)).fetchone()
        rows = bare.execute(LIST, (project,)).fetchall()
        orjson.dumps([{"id": row[0], "name": row[1], "created_at": row[3], "updated_at": row[4]} for row in rows])
        bare.commit()

    return request, floor


def make_user() -> Any:
    return get_user_model()._default_manager.create_user("benchmark")


def make_project(user: Any, secrets: int) -> uuid.UUID:
    actor = Actor.from_user(user)
    owner = Owner(project_id=create_project(actor=actor).id)
    for number in range(secrets):
        create_secrets(actor=actor, drafts=[Draft(owner=owner, name=f"S{number:03}", value=Plaintext("v" * 40))])
    return uuid.UUID(str(owner.project_id))
