"""A member's variable that makes `tar` run code, in the `neo run` of a colleague, against the real site."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neo_cli.exits import Exit
from tests.neo_cli.conftest import NeoOf

pytestmark = pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")


def test_members_tar_options_do_not_run_in_a_colleagues_task(neo_of: NeoOf, tmp_path: Path) -> None:
    victim, attacker = neo_of("member"), neo_of("viewer")
    victim("projects", "create", "Archives")
    victim("projects", "members", "add", "Archives", "viewer", "--role", "member")
    victim("secrets", "set", "MINE", "--default", "--stdin", stdin="the personal value")
    taken = tmp_path / "taken"
    exploit = f"--checkpoint=1 --checkpoint-action=exec='printenv MINE > {taken}'"
    placed = attacker("secrets", "set", "TAR_OPTIONS", "--project", "Archives", "--default", "--stdin", stdin=exploit)
    assert placed.code == 0, placed.err
    packing = ["--", "tar", "cf", str(tmp_path / "archive.tar"), __file__]

    unasked = victim.process("run", "--project", "Archives", *packing)
    assert (unasked.code, taken.exists()) == (0, False)
    assert "TAR_OPTIONS (project) is not given: its name changes how programs run" in unasked.err
    selected = victim("run", "--project", "Archives", "--secret", "TAR_OPTIONS", *packing)
    assert (selected.code, taken.exists()) == (Exit.REFUSED, False)
    # The victim insists. So the variable would have worked.
    allowed = ["--secret", "TAR_OPTIONS", "--allow-name", "TAR_OPTIONS"]
    assert victim.process("run", "--project", "Archives", *allowed, *packing).code == 0
    assert taken.read_text() == "the personal value\n"


def test_only_an_admin_promotes_it(neo_of: NeoOf) -> None:
    admin, member = neo_of("member"), neo_of("viewer")
    admin("projects", "create", "Builds")
    admin("projects", "members", "add", "Builds", "viewer", "--role", "member")
    member("secrets", "set", "APP_OPTIONS", "--project", "Builds", "--default", "--stdin", stdin="-v")
    refused = member("secrets", "promote", "APP_OPTIONS", "--project", "Builds")
    assert (refused.code, "Ask an admin of the project" in refused.err) == (Exit.REFUSED, True)
    assert admin("secrets", "promote", "APP_OPTIONS", "--project", "Builds").code == 0
    given = admin("explain", "--project", "Builds", "--json").json["secrets"]
    assert ("APP_OPTIONS", "default") in {(each["name"], each["reason"]) for each in given}
