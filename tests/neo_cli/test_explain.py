"""`neo explain` against the real site."""

from __future__ import annotations

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import TOKEN
from tests.neo_cli.test_run import last_grant


def test_selection_is_explained_without_a_grant(runner: Neo) -> None:
    runner.process("run", "true")
    before = last_grant(runner)["id"]
    table = runner("explain", "--secret", "PIN")
    assert "GITHUB_TOKEN  personal  1        default" in table.out
    assert "too short to be redacted in output" in table.out
    answer = runner("explain", "--no-default", "--secret", "DEPLOY_KEY", "--json").json
    assert [(each["name"], each["reason"]) for each in answer["secrets"]] == [("DEPLOY_KEY", "selected")]
    assert TOKEN not in table.out
    assert last_grant(runner)["id"] == before


def test_unknown_name_is_reported(runner: Neo) -> None:
    result = runner("explain", "--secret", "UNKNOWN")
    assert (result.code, "UNKNOWN" in result.err) == (Exit.DATA, True)
