"""`neo projects` against the real site."""

from __future__ import annotations

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import NeoOf


def test_project_is_created_and_listed(neo: Neo) -> None:
    created = neo("projects", "create", "Robots", "--tag", "ci", "--tag", "nightly")
    project_id = created.out.split()[-1].rstrip(".")
    assert created.out == f"Robots is created. Its id is {project_id}.\n"
    assert f"{project_id}  Robots" in neo("projects", "list").out
    (listed,) = [each for each in neo("projects", "list", "--json").json if each["id"] == project_id]
    assert (listed["role"], listed["tags"]) == ("admin", ["ci", "nightly"])


def test_members_are_added_changed_and_removed(neo: Neo) -> None:
    project = neo("projects", "create", "Crew", "--json").json["id"]
    assert neo("projects", "members", "add", "Crew", "viewer").out == "viewer now has the role member.\n"
    assert neo("projects", "members", "change", project, "viewer", "admin").out == "viewer now has the role admin.\n"
    listed = neo("projects", "members", "list", "Crew", "--json").json
    assert {each["username"]: each["role"] for each in listed} == {"member": "admin", "viewer": "admin"}
    assert neo("projects", "members", "remove", "Crew", "viewer").code == Exit.USAGE
    assert neo("projects", "members", "remove", "Crew", "viewer", "--yes").out == "viewer is no longer a member.\n"
    assert "viewer" not in neo("projects", "members", "list", "Crew").out


def test_refusals_are_reported(neo: Neo) -> None:
    neo("projects", "create", "Alone")
    assert neo("projects", "members", "add", "Alone", "nobody").code == Exit.NOT_FOUND
    assert neo("projects", "members", "change", "Alone", "viewer", "admin").code == Exit.NOT_FOUND
    last = neo("projects", "members", "remove", "Alone", "member", "--yes")
    assert (last.code, last.err.startswith("neo: A project needs at least one admin")) == (Exit.DATA, True)


def test_ambiguous_project_name_is_refused(neo_of: NeoOf) -> None:
    neo = neo_of("viewer")
    for _ in range(2):
        neo("projects", "create", "Double")
    result = neo("secrets", "list", "--project", "Double")
    assert (result.code, "Several projects have this name." in result.err) == (Exit.NOT_FOUND, True)
