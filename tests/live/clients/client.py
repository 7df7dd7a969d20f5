"""A client in Python, as one writes it with what openapi-python-client makes."""

from __future__ import annotations

import json
import os
from typing import Any, TypeVar

from neo_secrets_client import AuthenticatedClient, Client, models
from neo_secrets_client.api.secrets import create_secret, delete_secret, list_secrets, update_secret
from neo_secrets_client.api.sign_in import sign_in
from neo_secrets_client.api.task_grants import create_task_grant
from neo_secrets_client.api.task_runtime import open_environment

T = TypeVar("T")
SITE = os.environ["SITE"]


def done(answer: T | models.Problem | None) -> T:
    if answer is None or isinstance(answer, models.Problem):
        raise SystemExit(f"{answer}")
    return answer


credentials = models.Credentials(username=os.environ["USERNAME"], password=os.environ["PASSWORD"])
tokens = done(sign_in.sync(client=Client(SITE), body=credentials))
client = AuthenticatedClient(SITE, token=tokens.access)
body = models.SecretCreate(name="FROM_PYTHON", value="typed-0123456789abcdef")
secret = done(create_secret.sync(client=client, body=body))
again: Any = create_secret.sync(client=client, body=body)
listed = done(list_secrets.sync(client=client, search="FROM_PYTHON"))
change = models.SecretUpdate(description="Changed", default_available=True)
changed = done(update_secret.sync(secret.id, client=client, body=change))
grant = done(create_task_grant.sync(client=client, body=models.GrantCreate(secrets=["FROM_PYTHON"])))
environment = done(open_environment.sync(client=AuthenticatedClient(SITE, token=grant.token)))
removed = delete_secret.sync_detailed(secret.id, client=client)
print(
    json.dumps(
        {
            "conflict": again.code,
            "listed": [each.masked_value for each in listed.results],
            "description": changed.description,
            "value": environment.environment["FROM_PYTHON"],
            "removed": removed.status_code,
        }
    )
)
