"""Lookups of the ids that the API takes by the names that people use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from uuid import UUID

from neo_cli.exits import Exit, Failure

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

PROJECT_VARIABLE = "NEO_PROJECT"


def project_id_of(client: Client, project: str | None) -> str | None:
    """Return the id of a project given by id or name, and None for None.

    Raise Failure unless exactly one project has the name. An id costs no request.
    """
    if project is None:
        return None
    try:
        return str(UUID(project))
    except ValueError:
        found = [each["id"] for each in client.list_all("projects") if each["name"] == project]
    if len(found) != 1:
        trouble = "You belong to no project of this name." if not found else "Several projects have this name."
        origin = f" It is the one in {PROJECT_VARIABLE}." if os.environ.get(PROJECT_VARIABLE) == project else ""
        raise Failure(f"{trouble}{origin} Run `neo projects list` for names and ids.", Exit.NOT_FOUND)
    return str(found[0])


def owner_query(project_id: str | None) -> dict[str, str]:
    """Return the query that selects a project's secrets, or the personal ones for None."""
    return {} if project_id is None else {"project_id": project_id}


def secrets_of(client: Client, project_id: str | None) -> dict[str, Json]:
    """Return the project's secrets by name, or the personal ones for None."""
    return {each["name"]: each for each in client.list_all("secrets", **owner_query(project_id))}


def secret_named(client: Client, name: str, project_id: str | None) -> dict[str, Any]:
    """Return one secret of the project, or a personal one for None. Raise Failure if there is none of this name."""
    found = secrets_of(client, project_id).get(name)
    if found is None:
        raise Failure("No secret has this name. Run `neo secrets list` for the names.", Exit.NOT_FOUND)
    return found
