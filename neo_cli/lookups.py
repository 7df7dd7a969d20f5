"""Lookups of the ids that the API takes by the names that people use."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click
from click.core import ParameterSource

from neo_cli.exits import Exit, Failure
from neo_cli.problems import Refusal
from neo_cli.project_file import project_file

if TYPE_CHECKING:
    from neo_cli.client import Client, Json

PROJECT_VARIABLE = "NEO_PROJECT"
NAME = re.compile(r"[A-Z][A-Z0-9_]{0,127}")


def project_id_of(client: Client, project: str | None) -> str | None:
    """Return the id of a project given by id or name, and None for None.

    Raise Failure unless exactly one project has the name. An id costs no request.
    """
    if project is None:
        return None
    try:
        return str(UUID(project))
    except ValueError:
        return str(_only_project(client, project)["id"])


def project_of(client: Client, project: str) -> Json:
    """Return a project given by id or name. Raise Failure unless exactly one has the name, or you see the id."""
    try:
        answer: Json = client.get(f"projects/{UUID(project)}")["project"]
    except ValueError:
        return _only_project(client, project)
    return answer


def project_names_by_id(client: Client) -> dict[str, str]:
    """Return the names of the projects that the user belongs to."""
    return {each["id"]: each["name"] for each in client.list_all("projects")}


def _only_project(client: Client, name: str) -> Json:
    found = [each for each in _projects_like(client, name) if each["name"] == name]
    if len(found) == 1:
        return found[0]
    trouble = "You belong to no project of this name." if not found else "Several projects have this name."
    raise Failure(f"{trouble}{_origin(name)} Run `neo projects list` for names and ids.", Exit.NOT_FOUND)


def _projects_like(client: Client, name: str) -> list[Json]:
    try:
        return list(client.list_all("projects", search=name))
    except Refusal as refusal:
        if refusal.problem_code != "scope_missing":
            raise
        raise Failure(
            "The token may not look up projects by name. Give the project's id, which `neo projects list` shows to its "
            "members, or name it in a .neo.toml, into which `neo init` writes the id.",
            refusal.code,
        ) from None


def _origin(project: str) -> str:
    """Return a sentence about where the project is named, if it is in a variable or a file."""
    file = project_file()
    if os.environ.get(PROJECT_VARIABLE) == project:
        return f" It is the one in {PROJECT_VARIABLE}."
    return f" It is the one in {file.path}." if file.project == project else ""


def place_named_elsewhere() -> str:
    """Return a sentence about the project of the command, if a variable or a file names it and not the command line."""
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source("project") if context and not context.params.get("is_personal") else None
    if source is ParameterSource.ENVIRONMENT:
        return f" {PROJECT_VARIABLE} names the project."
    file = project_file()
    return f" {file.path} names the project." if source is ParameterSource.DEFAULT and file.project else ""


def member_named(client: Client, members_path: str, username: str) -> Json:
    """Return the member of a project with this user name. Raise Failure if there is none."""
    found = [each for each in client.list_all(members_path) if each["username"] == username]
    if not found:
        raise Failure("The project has no such member. Run `neo projects members list` for the names.", Exit.NOT_FOUND)
    return found[0]


def owner_query(project_id: str | None) -> dict[str, str]:
    """Return the query that selects a project's secrets, or the personal ones for None."""
    return {} if project_id is None else {"project_id": project_id}


def secrets_of(client: Client, project_id: str | None) -> dict[str, Json]:
    """Return the project's secrets by name, or the personal ones for None."""
    return {each["name"]: each for each in client.list_all("secrets", **owner_query(project_id))}


def secret_named(client: Client, name: str, project_id: str | None) -> dict[str, Any]:
    """Return one secret of the project, or a personal one for None. Raise Failure if there is none of this name."""
    alike = client.list_all("secrets", search=name, **owner_query(project_id)) if NAME.fullmatch(name) else ()
    found = [each for each in alike if each["name"] == name]
    if not found:
        trouble = (
            "You have no personal secret of this name." if project_id is None else "The project has no such secret."
        )
        raise Failure(f"{trouble}{place_named_elsewhere()} Run `neo secrets list` for the names.", Exit.NOT_FOUND)
    return found[0]
