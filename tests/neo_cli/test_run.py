"""`neo run` against the real site: the command's environment, its output, its exit code and the clean-up."""

from __future__ import annotations

import base64
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neo_cli.exits import Exit
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import PEM, TOKEN
from tests.neo_cli.test_credentials import expire

REFERENCE = "{{$GITHUB_TOKEN}}"


def last_grant(neo: Neo) -> dict[str, Any]:
    with neo.site.client("runner") as client:
        grant: dict[str, Any] = client.get("/api/v1/task-grants?limit=1").json()["results"][0]
    return grant


def test_command_gets_the_value_and_prints_the_reference(runner: Neo) -> None:
    script = "echo $GITHUB_TOKEN; echo $GITHUB_TOKEN | base64; printenv; printf %s $GITHUB_TOKEN | wc -c"
    result = runner.process("run", "--", "sh", "-c", script)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:2] == [REFERENCE, REFERENCE]
    assert f"GITHUB_TOKEN={REFERENCE}" in lines
    assert lines[-1] == str(len(TOKEN))
    assert TOKEN not in result.out
    assert base64.b64encode(TOKEN.encode()).decode()[:12] not in result.out


def test_stderr_is_redacted_separately(runner: Neo) -> None:
    result = runner.process("run", "sh", "-c", "echo out $GITHUB_TOKEN; echo err $GITHUB_TOKEN >&2")
    assert (result.out, result.err) == (f"out {REFERENCE}\n", f"err {REFERENCE}\n")


def test_shared_output_stream_keeps_its_order(runner: Neo) -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done"
    result = runner.process("run", "--", "sh", "-c", script, stderr=subprocess.STDOUT)
    assert result.out == "".join(f"out {i}\nerr {i}\n" for i in range(1, 10))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "exit 255"], 255),
        (["sh", "-c", "kill -9 $$"], 137),
        (["sh", "-c", "kill -TERM $$"], 143),
    ],
)
def test_exit_code_is_that_of_the_command(runner: Neo, command: list[str], code: int) -> None:
    assert runner.process("run", "--", *command).code == code
    assert last_grant(runner)["revoked_at"] is not None


@pytest.mark.parametrize(("name", "code"), [("program", Exit.NOT_EXECUTABLE), ("another", Exit.COMMAND_NOT_FOUND)])
def test_command_that_cannot_start_gets_no_grant(runner: Neo, tmp_path: Path, name: str, code: int) -> None:
    runner.process("run", "true")
    before = last_grant(runner)["id"]
    (tmp_path / "program").touch(0o644)
    result = runner.process("run", "--", str(tmp_path / name))
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)
    assert last_grant(runner)["id"] == before


@pytest.mark.parametrize("line", ["echo $GITHUB_TOKEN", "cd", "make|tee", "source"])
def test_line_for_a_shell_is_told_how_to_run_it(runner: Neo, line: str) -> None:
    result = runner("run", "--", line)
    assert result.code == Exit.COMMAND_NOT_FOUND
    assert result.err.endswith(f"If it is meant for a shell, start one: neo run -- sh -c {shlex.quote(line)}\n")


def test_missing_interpreter_gives_127_and_revokes_the_grant(runner: Neo, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/does/not/exist\n")
    (tmp_path / "script").chmod(0o755)
    assert runner.process("run", "--", str(tmp_path / "script")).code == Exit.COMMAND_NOT_FOUND
    assert last_grant(runner)["revoked_at"] is not None


def test_environment_is_an_allow_list(runner: Neo) -> None:
    variables = {"MINE": "1", "OTHER_A": "2", "OTHER_B": "3", "LC_TIME": "C", "NEO_PROJECT": ""}
    result = runner.process("run", "--inherit", "MINE", "--inherit", "OTHER_*", "--", "env", variables=variables)
    names = {line.partition("=")[0] for line in result.out.splitlines()}
    assert {"PATH", "GITHUB_TOKEN", "MINE", "OTHER_A", "OTHER_B", "LC_TIME"} <= names
    bare = runner.process("run", "--", "env", variables=variables)
    names = {line.partition("=")[0] for line in bare.out.splitlines()}
    assert names & {"MINE", "OTHER_A", "OTHER_B", "PYTHONPATH", "NEO_CONFIG_DIR"} == set()


def test_proc_shows_no_token_of_neo(runner: Neo, tmp_path: Path) -> None:
    """The command reads its own /proc entries and its parent's, and writes to a file, where nothing is redacted."""
    with runner.site.client("runner") as client:
        token = client.post("/api/v1/tokens", json={"name": "CI", "scopes": ["runtime:use"]}).json()["token"]
    script = f"""
        cd /proc; cat self/environ self/cmdline $$/environ $PPID/cmdline $PPID/environ > {tmp_path}/seen
        ls -l /proc/$$/fd > {tmp_path}/open
    """
    variables = {"NEO_TOKEN": token, "NEO_SERVER": runner.site.url}
    result = runner.process("run", "--inherit", "*", "--", "sh", "-c", script, variables=variables)
    assert (result.code, result.err) == (0, "")
    seen = (tmp_path / "seen").read_text()
    assert TOKEN in seen
    assert token not in seen
    assert "neo_task_" not in seen
    session = runner.credentials.read_text().split('"')
    assert [text for text in session if text.startswith("eyJ") and text in seen] == []
    assert len([line for line in (tmp_path / "open").read_text().splitlines() if " -> " in line]) <= 4
    assert "socket" not in (tmp_path / "open").read_text()


@pytest.mark.parametrize("end", [[], ["--"]])
def test_missing_command_is_told_with_an_example(runner: Neo, end: list[str]) -> None:
    missing = runner("run", "--secret", "DEPLOY_KEY", *end)
    assert (missing.code, "neo run -- npm start" in missing.err) == (Exit.USAGE, True)


def test_token_variable_cannot_be_inherited(runner: Neo) -> None:
    assert runner("run", "--inherit", "NEO_TOKEN", "true").code == Exit.USAGE


def test_stdin_reaches_the_command_unchanged(runner: Neo) -> None:
    sent = bytes(range(256)) * 1000
    with runner.start("run", "--", "cat") as process:
        out, _ = process.communicate(sent, timeout=300)
    assert out == sent


def test_large_output_arrives_complete(runner: Neo, tmp_path: Path) -> None:
    program = "import os, sys; sys.stdout.write('x' * 2_999_999 + os.environ['GITHUB_TOKEN'] + '\\n')"
    result = runner.process("run", "--", sys.executable, "-c", program)
    assert result.out == "x" * 2_999_999 + REFERENCE + "\n"


def test_prompt_without_line_break_appears(runner: Neo) -> None:
    with runner.start("run", "--", "sh", "-c", "printf 'Go on, gh? '; read answer; echo got $answer") as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 100) == b"Go on, gh? "
        out, _ = process.communicate(b"yes\n", timeout=300)
    assert out == b"got yes\n"


def test_closed_output_ends_the_command_with_sigpipe(runner: Neo) -> None:
    with runner.start("run", "--", "yes") as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 2) == b"y\n"
        process.stdout.close()
        assert process.wait(timeout=300) == 128 + 13
    assert last_grant(runner)["revoked_at"] is not None


def test_closed_standard_streams_do_no_harm(runner: Neo) -> None:
    closing = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "neo_cli", "run", "sh", "-c", "exit 9"]
    assert subprocess.run(closing, env=runner.environment(), timeout=300).returncode == 9


def test_background_process_does_not_delay_the_end(runner: Neo) -> None:
    result = runner.process("run", "--", "sh", "-c", "sleep 30 & echo started")
    assert (result.code, result.out) == (0, "started\n")


def test_arguments_reach_the_command_unchanged(runner: Neo) -> None:
    arguments = ["a b", "", "--secret", "-x", "'\"$HOME\\", "é\n"]
    program = "import sys; print(sys.argv[1:])"
    assert runner.process("run", "--", sys.executable, "-c", program, *arguments).out == f"{arguments}\n"


def test_named_secrets_join_or_replace_the_default_ones(runner: Neo) -> None:
    both = runner.process("run", "--secret", "DEPLOY_KEY", "--", "env").out
    assert "GITHUB_TOKEN=" in both
    assert "DEPLOY_KEY=" in both
    assert "DEPLOY_KEY=" not in runner.process("run", "--", "env").out
    assert "GITHUB_TOKEN=" not in runner.process("run", "--no-default", "--", "env").out


def test_unknown_name_runs_nothing(runner: Neo, tmp_path: Path) -> None:
    result = runner("run", "--secret", "UNKNOWN", "--secret", "MISSING", "touch", str(tmp_path / "ran"))
    assert result.code == Exit.DATA
    assert "MISSING" in result.err
    assert "UNKNOWN" in result.err
    assert not (tmp_path / "ran").exists()


def test_value_of_several_lines_is_redacted_line_by_line(runner: Neo) -> None:
    result = runner.process("run", "--secret", "DEPLOY_KEY", "--", "sh", "-c", 'echo "$DEPLOY_KEY" | tac')
    assert [line for line in PEM.splitlines()[1:-1] if line in result.out] == []
    assert "{{$DEPLOY_KEY}}" in result.out


def test_value_too_short_to_redact_is_reported_by_name(runner: Neo) -> None:
    result = runner.process("run", "--no-default", "--secret", "PIN", "--", "printenv", "PIN")
    assert result.out == "4711\n"
    assert result.err == "neo: Too short to be redacted in the output: PIN\n"


def test_exempt_value_stays_readable_and_others_do_not(runner: Neo) -> None:
    runner("secrets", "set", "STAGE", "--stdin", "--no-redact", stdin="production")
    result = runner.process("run", "--secret", "STAGE", "--", "sh", "-c", "echo $STAGE $GITHUB_TOKEN")
    assert (result.out, result.err) == (f"production {REFERENCE}\n", "")


def test_omitted_secret_is_reported_with_its_reason(runner: Neo) -> None:
    project = runner("projects", "create", "Shadows", "--json").json["id"]
    runner("secrets", "set", "GITHUB_TOKEN", "--project", project, "--default", "--stdin", stdin="of-the-project")
    result = runner.process("run", "--project", "Shadows", "--", "sh", "-c", "printf %s $GITHUB_TOKEN | wc -c")
    assert result.out == f"{len('of-the-project')}\n"
    assert "GITHUB_TOKEN (personal) is not given: the project has a secret of this name" in result.err
    own = runner.process("run", "--project", project, "--secret", "personal:GITHUB_TOKEN", "--", "sh", "-c",
                         "printf %s $GITHUB_TOKEN | wc -c")  # fmt: skip
    assert own.out == f"{len(TOKEN)}\n"


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "BASH_ENV"])
def test_unsafe_name_is_refused_unless_allowed(runner: Neo, name: str) -> None:
    runner("secrets", "set", name, "--stdin", stdin="/nowhere/at/all")
    refused = runner("run", "--secret", name, "true")
    assert (refused.code, f"--allow-name {name}" in refused.err) == (Exit.REFUSED, True)
    assert last_grant(runner)["revoked_at"] is not None
    assert last_grant(runner)["uses"] == 0
    allowed = runner.process("run", "--secret", name, "--allow-name", name, "--", sys.executable, "-c",
                             f"import os; print(len(os.environ[{name!r}]))")  # fmt: skip
    assert allowed.out == "15\n"


def test_secret_file_is_private_and_removed_at_the_end(runner: Neo, tmp_path: Path) -> None:
    script = (
        f'stat -c "%a" "$DEPLOY_KEY" "$(dirname "$DEPLOY_KEY")"; cp "$DEPLOY_KEY" {tmp_path}/copy; echo "$DEPLOY_KEY"'
    )
    result = runner.process("run", "--file", "DEPLOY_KEY", "--", "sh", "-c", script)
    file_mode, folder_mode, path = result.out.splitlines()
    assert (file_mode, folder_mode) == ("600", "700")
    assert (tmp_path / "copy").read_text() == PEM
    assert not Path(path).exists()
    assert not Path(path).parent.exists()


def test_expired_session_is_renewed_to_revoke_the_grant(runner: Neo) -> None:
    with runner.start("run", "--", "sh", "-c", "echo ready; read x") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        expire(runner)
        process.communicate(b"\n", timeout=300)
    assert process.returncode == 0
    assert last_grant(runner)["revoked_at"] is not None


def test_credentials_file_keeps_its_mode(runner: Neo) -> None:
    runner.process("run", "true")
    assert stat.S_IMODE(runner.credentials.stat().st_mode) == 0o600
