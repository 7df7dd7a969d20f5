"""Tasks: their tokens, and what they get with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from neo_base.access.actors import Actor
from secrets_app.actions.grants import GrantRequest, NewGrant, create_grant
from secrets_app.audit.granted_sets import stored_set
from secrets_app.models import GrantedSecret, TaskGrant
from secrets_app.models.granted_set import Content
from secrets_app.tasks.selection import SelectedName
from tests.cast import ApiClient

ENVIRONMENT = "/api/v1/runtime/environment"
TASK_SECRETS = "/api/v1/runtime/secrets"


class Task:
    """What a task can do: it has its token, and nothing else."""

    def __init__(self, grant: NewGrant) -> None:
        self.id, self.token = grant.row.id, grant.text
        self._client = ApiClient()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def fetch(self) -> Any:
        """The answer to the request for its environment."""
        return self._client.post(ENVIRONMENT, **self.headers)

    def environment(self) -> dict[str, str]:
        answer = self.fetch()
        assert answer.status_code == 200, answer.content
        values: dict[str, str] = answer.json()["environment"]
        return values

    def create(self, name: str, value: str = "made by a task", **fields: Any) -> Any:
        """The answer to the request for a new secret."""
        return self._client.post(TASK_SECRETS, {"name": name, "value": value, **fields}, **self.headers)


MakeTask = Callable[..., Task]


def as_rows(grant_id: Any) -> TaskGrant:
    """Store the grant as it was before granted sets: what it gives in rows of their own, what it omits in a column."""
    grant = TaskGrant.objects.select_related("granted_set").get(pk=grant_id)
    assert grant.granted_set is not None
    given, omitted = grant.granted_set.held
    GrantedSecret.objects.bulk_create(GrantedSecret(grant=grant, **each._asdict()) for each in given)
    grant.granted_set, grant.omitted = None, list(omitted)
    grant.save(update_fields=["granted_set", "omitted"])
    return grant


@pytest.fixture
def make_task(db: None) -> MakeTask:
    """`make_task(user, "NAME", …)`: a task of this user that selects these names, by a grant of theirs."""

    def make(user: Any, *names: str, **rest: Any) -> Task:
        selected = [SelectedName.parse(name) for name in names]
        return Task(create_grant(actor=Actor.from_user(user), grant_request=GrantRequest(secrets=selected, **rest)))

    return make


def swap(**columns: Any) -> None:
    """Make the grant name another set, with these columns in each of its secrets: what a writer to the database can."""
    grant = TaskGrant.objects.select_related("granted_set").get()
    assert grant.granted_set is not None
    given, omitted = grant.granted_set.held
    grant.granted_set = stored_set(Content([each._replace(**columns) for each in given], omitted))
    grant.save(update_fields=["granted_set"])
