"""`neo secrets` against the real site. No value is shown anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neo_cli.client import Transport
from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import NeoOf
from tests.neo_cli.terminal import Terminal

PROJECT = "Demo project"
VALUE = "ghp_0123456789abcdefwxyz"
MASK = "ghp••••••••wxyz"
PEM = "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n"


def test_value_from_stdin_is_stored_and_listed_masked(neo: Neo) -> None:
    result = neo("secrets", "set", "FROM_STDIN", "--stdin", "--default", "--description", "For CI", stdin=VALUE)
    assert (result.code, result.out) == (0, f"FROM_STDIN is set: {MASK}, version 1.\n")
    (listed,) = [each for each in neo("secrets", "list", "--json").json if each["name"] == "FROM_STDIN"]
    assert (listed["masked_value"], listed["default_available"], listed["description"]) == (MASK, True, "For CI")
    assert VALUE not in neo("secrets", "list").out


def test_set_again_keeps_details_that_are_not_given(neo: Neo) -> None:
    neo("secrets", "set", "TWICE", "--stdin", "--default", "--description", "First", stdin="first-value")
    again = neo("secrets", "set", "TWICE", "--stdin", "--json", stdin="second-value")
    assert (again.json["version"], again.json["default_available"], again.json["description"]) == (2, True, "First")
    options = ("--no-default", "--expires-at", "2040-01-31T12:00:00Z", "--json")
    changed = neo("secrets", "set", "TWICE", "--stdin", *options, stdin="third-value")
    assert (changed.json["default_available"], changed.json["expires_at"]) == (False, "2040-01-31T12:00:00Z")


def test_set_exempts_from_redaction_and_redacts_again(neo: Neo) -> None:
    first = neo("secrets", "set", "STAGE", "--stdin", "--no-redact", "--json", stdin="production")
    again = neo("secrets", "set", "STAGE", "--stdin", "--json", stdin="staging")
    assert [each.json["is_exempt_from_redaction"] for each in (first, again)] == [True, True]
    assert "not redacted in output" in neo("secrets", "list").out
    last = neo("secrets", "set", "STAGE", "--stdin", "--redact", "--json", stdin="staging")
    assert last.json["is_exempt_from_redaction"] is False


def test_value_on_the_command_line_is_not_taken_or_quoted(neo: Neo) -> None:
    for arguments in (["ON_ARGV", "hunter2-hunter2"], ["ON_ARGV=hunter2-hunter2"], ["ON_ARGV", "a", "hunter2-hunter2"]):
        result = neo("secrets", "set", *arguments, "--stdin", stdin="another")
        assert result.code == Exit.USAGE
        assert "--file PATH or --stdin" in result.err
        assert "hunter2" not in result.err
    assert "ON_ARGV" not in neo("secrets", "list").out


@pytest.mark.parametrize(
    ("sent", "options", "version_of"),
    [("token\n", [], "token"), ("token\r\n", [], "token"), ("token\n", ["--exact"], "token\n"), (PEM, [], PEM)],
)
def test_only_a_one_line_value_loses_its_line_break(neo: Neo, sent: str, options: list[str], version_of: str) -> None:
    """A mask does not show line breaks. The limit of 10,000 characters does: one more character is refused."""
    filling = "x" * (10_000 - len(version_of))
    result = neo("secrets", "set", "BREAKS", "--stdin", *options, stdin=filling + sent)
    assert result.code == 0, result.err
    assert neo("secrets", "set", "BREAKS", "--stdin", *options, stdin=f"x{filling}{sent}").code == Exit.DATA
    assert ("line break" in result.err) == (sent != version_of)


def test_value_is_read_from_a_file(neo: Neo, tmp_path: Path) -> None:
    (tmp_path / "value").write_text(VALUE)
    assert neo("secrets", "set", "FROM_FILE", "--file", str(tmp_path / "value")).out.startswith("FROM_FILE is set: ghp")
    missing = neo("secrets", "set", "FROM_FILE", "--file", str(tmp_path / "missing"))
    assert (missing.code, missing.err) == (
        Exit.NOT_FOUND,
        "neo: The file cannot be read: No such file or directory. Check the path and its permissions.\n",
    )


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 10_001, b"x" * 50_000, b"nul\x00"])
def test_invalid_value_changes_nothing(neo: Neo, content: bytes) -> None:
    result = neo("secrets", "set", "NO_VALUE", "--stdin", stdin=content)
    assert (result.code, result.out) == (Exit.DATA, "")
    assert "NO_VALUE" not in neo("secrets", "list").out


def test_long_value_can_be_typed_without_being_shown(neo: Neo) -> None:
    value = f"long-{'é' * 4_000}-tail"
    with Terminal(neo, "secrets", "set", "TYPED") as terminal:
        terminal.wait_for("Value of TYPED (not shown): ")
        for start in range(0, len(value), 1_000):
            terminal.press(value[start : start + 1_000].encode())
        terminal.press(b"\n")
        terminal.wait_for("TYPED is set: lon••••••••tail")
        assert terminal.wait() == 0
        assert terminal.is_as_before()


def test_paste_of_several_lines_is_refused(neo: Neo) -> None:
    with Terminal(neo, "secrets", "set", "PASTED") as terminal:
        terminal.wait_for("(not shown): ")
        terminal.press(PEM.encode())
        terminal.wait_for("more than one line")
        assert terminal.wait() == Exit.USAGE
        assert b"MIIB" not in terminal.screen
    assert "PASTED" not in neo("secrets", "list").out


def test_project_is_chosen_by_name_id_or_variable(neo: Neo) -> None:
    neo("secrets", "set", "SHARED", "--project", PROJECT, "--stdin", stdin=VALUE)
    listed = neo("secrets", "list", "--project", neo.site.demo["project"], "--json").json
    assert {each["project_id"] for each in listed} == {neo.site.demo["project"]}
    assert "SHARED" in neo("secrets", "list", NEO_PROJECT=PROJECT).out
    assert "SHARED" not in neo("secrets", "list").out
    assert neo("secrets", "list", "--project", "Unknown").code == Exit.NOT_FOUND
    assert neo("secrets", "list", "--project", "00000000-0000-4000-8000-000000000000").code == Exit.REFUSED


def test_role_that_is_too_low_is_reported(neo_of: NeoOf) -> None:
    result = neo_of("viewer")("secrets", "set", "MINE", "--project", PROJECT, "--stdin", stdin=VALUE)
    assert result.code == Exit.REFUSED
    assert result.err.startswith("neo: Your role in the project does not allow this.")
    assert result.err.count("\n") == 1


def test_delete_asks_unless_confirmed_with_yes(neo: Neo) -> None:
    neo("secrets", "set", "GOES", "--stdin", stdin=VALUE)
    refused = neo("secrets", "delete", "GOES")
    assert (refused.code, "--yes" in refused.err) == (Exit.USAGE, True)
    with Terminal(neo, "secrets", "delete", "GOES") as terminal:
        terminal.wait_for("Delete GOES and all its versions permanently? [y/N]: ")
        terminal.press(b"n\n")
        assert terminal.wait() == 130
    assert neo("secrets", "delete", "GOES", "--yes").out == "GOES is deleted.\n"
    assert neo("secrets", "delete", "GOES", "--yes").code == Exit.NOT_FOUND


def test_control_characters_are_printed_as_escapes(neo: Neo) -> None:
    neo("secrets", "set", "STEERS", "--stdin", "--description", "\x1b[2J\u202e", stdin=VALUE)
    listed = neo("secrets", "list").out
    assert r"\x1b[2J\u202e" in listed
    assert "\x1b" not in listed


def test_list_of_several_pages_is_complete(neo_of: NeoOf, monkeypatch: pytest.MonkeyPatch) -> None:
    neo = neo_of("stranger")
    project = neo("projects", "create", "Pages", "--json").json["id"]
    neo("secrets", "import", "-", "--project", project, stdin="A_1=x\nA_2=x\nA_3=x\n")
    monkeypatch.setattr("neo_cli.client.PAGE_SIZE", 2)
    assert [each["name"] for each in neo("secrets", "list", "--project", project, "--json").json] == [
        "A_1",
        "A_2",
        "A_3",
    ]


def test_secret_made_by_an_agent_is_promoted(runner: Neo) -> None:
    """The agent creates it with its task token. Until a person promotes it, no other task gets it."""
    with runner.site.client("runner") as client:
        grant = client.post("/api/v1/task-grants", json={"scopes": ["secrets:create"]}).json()
        task = {"Authorization": f"Bearer {grant['token']}"}
        made = {"name": "BY_AGENT", "value": "made-by-an-agent"}
        assert client.post("/api/v1/runtime/secrets", json=made, headers=task).status_code == 201
    assert "BY_AGENT (personal) is not given" in runner("explain", "--secret", "BY_AGENT").err
    assert "in quarantine" in runner("secrets", "list").out
    assert runner("secrets", "promote", "BY_AGENT").out == "BY_AGENT is promoted.\n"
    assert "BY_AGENT" in runner("explain", "--secret", "BY_AGENT").out


@pytest.mark.parametrize("command", ["get", "reveal", "read"])
def test_reading_a_value_is_answered_with_the_ways_to_use_it(fresh: Neo, command: str) -> None:
    result = fresh("secrets", command, "GITHUB_TOKEN")
    assert result.code == Exit.USAGE
    assert "a stored value is never shown again" in result.err
    assert "Use `neo run`" in result.err
    assert "Did you mean" not in result.err


def test_new_secret_with_all_details_is_one_request(neo: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, send = [], Transport.send

    def noting(self: Transport, method: str, path: str, **parts: Any) -> Any:
        sent.append((method, path))
        return send(self, method, path, **parts)

    monkeypatch.setattr(Transport, "send", noting)
    options = ("--description", "For CI", "--expires-at", "2040-01-31T12:00:00Z", "--default", "--no-redact", "--json")
    made = neo("secrets", "set", "AT_ONCE", "--stdin", *options, stdin=VALUE).json
    assert sent == [("POST", "secrets/set")]
    assert (made["description"], made["expires_at"]) == ("For CI", "2040-01-31T12:00:00Z")
    assert (made["default_available"], made["is_exempt_from_redaction"]) == (True, True)


def test_edit_changes_what_is_given_and_no_value(neo: Neo) -> None:
    neo("secrets", "set", "EDITED", "--stdin", "--default", "--expires-at", "90d", stdin=VALUE)
    changed = neo("secrets", "edit", "EDITED", "--no-default", "--no-expiry", "--json").json
    assert (changed["default_available"], changed["expires_at"], changed["version"]) == (False, None, 1)
    assert neo("secrets", "edit", "EDITED").code == Exit.USAGE
    assert neo("secrets", "edit", "EDITED", "--expires-at", "1d", "--no-expiry").code == Exit.USAGE
    assert neo("secrets", "edit", "EDITED", "--expires-at", "soon").code == Exit.DATA
    assert neo("secrets", "edit", "NOT_THERE", "--default").code == Exit.NOT_FOUND


def test_generated_value_is_never_shown(neo: Neo) -> None:
    made = neo("secrets", "set", "MADE", "--generate", "--words", "6", "--json")
    assert (made.code, made.json["version"], made.json["is_maskable"]) == (0, 1, True)
    both = neo("secrets", "set", "MADE", "--generate", "--stdin", stdin=VALUE)
    assert (both.code, "exclude each other" in both.err) == (Exit.USAGE, True)
    assert neo("secrets", "show", "MADE", "--json").json["version"] == 1


def test_versions_are_listed_and_restored(neo: Neo) -> None:
    neo("secrets", "set", "FORMER", "--stdin", stdin=VALUE)
    nothing = neo("secrets", "restore", "FORMER")
    assert (nothing.code, "no former version" in nothing.err) == (Exit.NOT_FOUND, True)
    neo("secrets", "set", "FORMER", "--stdin", stdin="another-value-of-it")
    assert [row["version"] for row in neo("secrets", "versions", "FORMER", "--json").json] == [2, 1]
    restored = neo("secrets", "restore", "FORMER", "--json").json
    assert (restored["version"], restored["masked_value"]) == (3, MASK)
    missing = neo("secrets", "restore", "FORMER", "9")
    assert (missing.code, "FORMER has no version 9." in missing.err) == (Exit.NOT_FOUND, True)


def test_move_and_copy_need_a_place(neo: Neo) -> None:
    neo("secrets", "set", "PLACED", "--stdin", stdin=VALUE)
    for arguments in (["move", "PLACED"], ["move", "PLACED", "--to", PROJECT, "--to-personal"], ["copy", "PLACED"]):
        assert neo("secrets", *arguments).code == Exit.USAGE
    assert neo("secrets", "copy", "PLACED", "--as", "PLACED").code == Exit.DATA
    neo("secrets", "copy", "PLACED", "--as", "PLACED_TOO")
    told = neo("secrets", "copy", "PLACED_TOO", "--to", PROJECT).out
    assert told == f"PLACED_TOO is copied to the project {PROJECT}. No task gets the copy by default.\n"
    copy = neo("secrets", "copy", "PLACED", "--as", "PLACED_COPY", "--to", PROJECT, "--json").json
    assert (copy["name"], copy["project_id"]) == ("PLACED_COPY", neo.site.demo["project"])
    moved = neo("secrets", "move", "PLACED_COPY", "--project", PROJECT, "--to-personal", "--json").json
    assert (moved["id"], moved["project_id"]) == (copy["id"], None)
    assert neo("secrets", "delete", "PLACED_COPY", "--yes", "--json").json["id"] == copy["id"]


def test_show_and_search_show_no_value(neo: Neo) -> None:
    neo("secrets", "set", "SOUGHT", "--stdin", "--description", "needle", stdin=VALUE)
    shown = neo("secrets", "show", "SOUGHT")
    assert (shown.code, VALUE in shown.out, MASK in shown.out) == (0, False, True)
    assert [each["name"] for each in neo("secrets", "list", "--search", "needle", "--json").json] == ["SOUGHT"]
    assert neo("secrets", "uses", "SOUGHT", "--json").json == []
