"""A day of use: every request that carries a value, those that fail included."""

from __future__ import annotations

from typing import Any

from projects.models import Project
from tests.canary.canary import Canary
from tests.cast import ApiClient

SECRETS = "/api/v1/secrets"


def use(client: ApiClient, project: Project, canary: Canary) -> list[Any]:
    """The answers. What is left: a personal secret, a project's and one of a batch, all with versions."""
    value, shared = canary.value, str(project.id)
    personal = client.post(SECRETS, {"name": "PERSONAL", "value": value})
    of_project = client.post(SECRETS, {"name": "SHARED", "value": value, "project_id": shared})
    batch = client.post(f"{SECRETS}/batch", {"secrets": [{"name": "BATCH", "value": value}]})
    items = [{"name": name, "value": value} for name in ("BATCH", "lower")]
    imports = [{"secrets": items[:1], "on_conflict": "replace"}, {"secrets": items}]
    answers = [personal, of_project, batch, *(client.post(f"{SECRETS}/import", body) for body in imports)]
    for created in (personal, of_project):
        path = f"{SECRETS}/{created.json()['id']}"
        answers += [
            client.patch(path, {"value": f"{value}{value}"}),
            client.patch(path, {"default_available": True, "value": value}),
            client.post(f"{path}/versions/1/restore"),
            client.get(f"{path}/versions"),
            client.get(path),
        ]
    deleted = client.post(SECRETS, {"name": "DELETED", "value": value})
    answers += [deleted, client.delete(f"{SECRETS}/{deleted.json()['id']}")]
    answers += [client.get(SECRETS), client.get(f"{SECRETS}?project_id={shared}")]
    answers += [
        client.post(SECRETS, {"name": "PERSONAL", "value": value}),
        client.post(SECRETS, {"name": "lower", "value": value}),
        client.post(f"{SECRETS}/batch", {"secrets": [{"name": "NEW", "value": value}, {"name": "", "value": value}]}),
    ]
    return answers + _run_a_task(client, project, canary)


def _run_a_task(client: ApiClient, project: Project, canary: Canary) -> list[Any]:
    """A task is granted what there is, gets it, and makes a secret; every answer but that with its environment."""
    doomed = client.post(SECRETS, {"name": "DOOMED", "value": canary.value})
    order = {
        "project_id": str(project.id),
        "secrets": ["SHARED", "PERSONAL", "DOOMED"],
        "thread_id": "thread",
        "scopes": ["secrets:create"],
    }
    explained, granted = client.post("/api/v1/task-grants/explain", order), client.post("/api/v1/task-grants", order)
    task = ApiClient(bearer=granted.json()["token"])
    assert canary.value in task.post("/api/v1/runtime/environment").json()["environment"].values()
    made = [
        task.post("/api/v1/runtime/secrets", {"name": name, "value": canary.value})
        for name in ("MADE", "MADE", "lower")
    ]
    answers = [doomed, explained, granted, *made]
    answers += [
        client.post(f"{SECRETS}/{made[0].json()['id']}/promote"),
        client.get("/api/v1/task-grants"),
        client.get("/api/v1/remembered-secrets"),
        client.delete(f"{SECRETS}/{doomed.json()['id']}"),
        task.post("/api/v1/runtime/environment"),
        client.delete(f"/api/v1/task-grants/{granted.json()['id']}"),
        task.post("/api/v1/runtime/environment"),
    ]
    assert [answer.status_code for answer in answers[-7:]] == [200, 200, 200, 204, 409, 204, 401]
    return answers
