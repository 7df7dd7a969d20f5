"""Names that people use, to the ids that the API takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from neo_cli.exits import Exit, Failure

if TYPE_CHECKING:
    from neo_cli.client import Client, Json


def project_id_of(client: Client, project: str | None) -> str | None:
    """The id of a project given by id or name; None for None. Failure where not exactly one project has the name."""
    if project is None:
        return None
    try:
        return str(UUID(project))
    except ValueError:
        found = [each["id"] for each in client.listed("projects") if each["name"] == project]
    if len(found) != 1:
        trouble = "You belong to no project of this name." if not found else "Several projects have this name."
        raise Failure(f"{trouble} `neo projects list` shows names and ids.", Exit.NOT_FOUND)
    return str(found[0])


def scope_of(project_id: str | None) -> dict[str, str]:
    """The query that chooses a project's secrets, or the personal ones."""
    return {} if project_id is None else {"project_id": project_id}


def secrets_in(client: Client, project_id: str | None) -> dict[str, Json]:
    """The scope's secrets by name."""
    return {each["name"]: each for each in client.listed("secrets", **scope_of(project_id))}


def secret_named(client: Client, name: str, project_id: str | None) -> dict[str, Any]:
    found = secrets_in(client, project_id).get(name)
    if found is None:
        raise Failure("There is no such secret there. `neo secrets list` shows the names.", Exit.NOT_FOUND)
    return found
