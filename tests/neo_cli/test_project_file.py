"""`.neo.toml`: found upwards, honoured by every command, beaten by options and variables, and free of credentials."""

from __future__ import annotations

import tomllib
from pathlib import Path
from uuid import uuid4

import pytest

from neo_cli.exits import Exit, Failure
from neo_cli.project_file import ProjectFile, project_file
from tests.live.site import Site
from tests.neo_cli.command import Neo
from tests.neo_cli.conftest import TOKEN

PROJECT = "Demo project"
EVERYTHING = """
server = "https://secrets.example.com"
project = "Robots"
secrets = ["DEPLOY_KEY", "personal:NPM_TOKEN"]
allow_names = ["NODE_OPTIONS"]

[aliases]
APP_ENV = "_APP_ENV"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with nothing in it."""
    folder = tmp_path / "code" / "deep" / "deeper"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, content: str) -> Path:
    path = folder / ".neo.toml"
    path.write_text(content)
    return path


def test_nearest_file_upwards_is_read(folder: Path) -> None:
    path = write(folder.parents[1], EVERYTHING)
    assert project_file() == ProjectFile(
        path=path,
        server="https://secrets.example.com",
        project="Robots",
        secrets=("DEPLOY_KEY", "personal:NPM_TOKEN"),
        allow_names=("NODE_OPTIONS",),
        aliases={"APP_ENV": "_APP_ENV"},
    )
    nearer = write(folder.parent, 'project = "Nearer"')
    assert (project_file().path, project_file().project, project_file().server) == (nearer, "Nearer", "")


def test_no_file_and_no_folder_say_nothing(folder: Path) -> None:
    assert project_file() == ProjectFile()
    folder.rmdir()
    assert project_file() == ProjectFile()


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (f'server = "{TOKEN}"', "contains a credential"),
        ('project = "neo_sk_0123"', "contains a credential"),
        ('token = "anything"', "has unknown keys: 'token'"),
        ('password = "hunter2-hunter2"', "has unknown keys: 'password'"),
        ("project = 3", "has a wrong 'project'"),
        ('project = ""', "has a wrong 'project'"),
        ('secrets = "DEPLOY_KEY"', "has a wrong 'secrets'"),
        ('secrets = ["lower"]', "has a wrong 'secrets'"),
        ('allow_names = ["A B"]', "has a wrong 'allow_names'"),
        ('[aliases]\nAPP_ENV = "A=B"', "has a wrong 'aliases'"),
        ('aliases = ["A"]', "has a wrong 'aliases'"),
        ('project = "hunter2-hunter2', "is not TOML (at "),
        ("# " + "x" * 100_000, "is longer than"),
    ],
)
def test_wrong_file_is_refused_and_not_quoted(folder: Path, content: str, trouble: str) -> None:
    path = write(folder, content)
    with pytest.raises(Failure) as refused:
        project_file()
    assert refused.value.code == Exit.CONFIGURATION
    assert refused.value.message.startswith(f"{path} {trouble}")
    assert "hunter2" not in refused.value.message
    assert TOKEN not in refused.value.message


def test_file_that_others_can_write_is_refused(folder: Path) -> None:
    write(folder, EVERYTHING).chmod(0o666)
    with pytest.raises(Failure, match="others can write it"):
        project_file()


def test_file_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    write(folder, EVERYTHING)
    owner = os.stat(folder).st_uid
    monkeypatch.setattr("os.fstat", lambda _: os.stat_result((0o100644, 0, 0, 1, owner + 1, 0, 0, 0, 0, 0)))
    with pytest.raises(Failure, match="belongs to another user"):
        project_file()


def test_two_secrets_never_become_one_variable(folder: Path) -> None:
    write(folder, '[aliases]\nAPP_ENV = "STAGE"')
    assert project_file().variables_of(["APP_ENV", "B"]) == {"APP_ENV": "STAGE", "B": "B"}
    with pytest.raises(Failure, match="given as STAGE"):
        project_file().variables_of(["APP_ENV", "STAGE"])


def test_project_is_that_of_the_file_unless_told_otherwise(neo: Neo, folder: Path) -> None:
    write(folder, f'project = "{PROJECT}"\nserver = "{neo.site.url}"')
    neo("secrets", "set", "OF_THE_FILE", "--generate")
    assert "OF_THE_FILE" in neo("secrets", "list", "--project", PROJECT).out
    for arguments in (["--personal"], ["--project", ""]):
        assert "OF_THE_FILE" not in neo("secrets", "list", *arguments).out
    elsewhere = neo("secrets", "list", NEO_PROJECT="no such project")
    assert (elsewhere.code, "in NEO_PROJECT" in elsewhere.err) == (Exit.NOT_FOUND, True)
    path = write(folder, 'project = "No such project"')
    assert f"It is the one in {path}." in neo("secrets", "list").err


@pytest.mark.parametrize(
    ("command", "end"), [("secrets show NOWHERE", ""), ("run --secret NOWHERE", "-- true")], ids=["show", "run"]
)
def test_missing_secret_is_told_with_the_place_of_the_project(neo: Neo, folder: Path, command: str, end: str) -> None:
    path = write(folder, f'project = "{PROJECT}"')
    words, rest = command.split(), end.split()
    assert f"{path} names the project." in neo(*words, *rest).err
    assert "NEO_PROJECT names the project." in neo(*words, *rest, NEO_PROJECT=PROJECT).err
    for options in (["--project", PROJECT], ["--personal"]):
        told = neo(*words, *options, *rest)
        assert ("`neo secrets list`" in told.err, "names the project" in told.err) == (True, False)


def test_token_without_scope_is_told_to_name_the_project_by_id(neo: Neo, folder: Path) -> None:
    made = neo("tokens", "create", "pipeline", "--project", PROJECT, "--scope", "runtime:use")
    project = neo.site.demo["project"]
    assert f"name the project by its id, {project}," in made.err
    machine = {"NEO_TOKEN": made.out.strip(), "NEO_SERVER": neo.site.url}
    named = neo("explain", "--project", PROJECT, **machine)
    assert (named.code, "Give the project's id" in named.err) == (Exit.REFUSED, True)
    unnamed = neo("explain", **machine)
    assert (unnamed.code, "--project ID" in unnamed.err) == (Exit.REFUSED, True)
    assert neo("explain", "--project", project, **machine).code == 0
    assert neo("init", "--project", PROJECT).code == 0
    assert neo("explain", **machine).code == 0
    assert neo("sessions", "list", **machine).err == (
        "neo: This is for a login, not for a token. Unset NEO_TOKEN, and log in with neo login.\n"
    )


def test_lost_project_is_told_with_the_file_that_names_it(neo: Neo, folder: Path) -> None:
    path = write(folder, f'project = "{uuid4()}"')
    lost = neo("secrets", "list")
    assert (lost.code, f"{path} names the project." in lost.err) == (Exit.REFUSED, True)
    assert "names the project" not in neo("secrets", "list", "--project", str(uuid4())).err


def test_server_of_the_file_needs_a_login_there(neo: Neo, folder: Path) -> None:
    write(folder, 'server = "http://127.0.0.1:1"')
    refused = neo("secrets", "list")
    assert (refused.code, "not logged in at http://127.0.0.1:1" in refused.err) == (Exit.REFUSED, True)
    assert neo("secrets", "list", "--server", neo.site.url).code == 0
    assert neo("secrets", "list", NEO_SERVER=neo.site.url).code == 0


def test_token_and_password_go_to_no_server_of_a_file(neo: Neo, fresh: Neo, folder: Path) -> None:
    write(folder, 'server = "http://127.0.0.1:1"')
    token = neo("tokens", "create", "ci", "--scope", "secrets:read", "--server", neo.site.url).out.strip()
    assert neo("secrets", "list", NEO_TOKEN=token).code == 0
    assert fresh("secrets", "list", NEO_TOKEN=token).code == Exit.CONFIGURATION
    password = neo.site.password_of("member")
    result = fresh("login", "-u", "member", "--password-stdin", stdin=password)
    assert (result.code, "127.0.0.1:1" in result.err) == (Exit.USAGE, False)


def test_secrets_aliases_and_names_reach_the_command(runner: Neo, folder: Path) -> None:
    write(folder, 'secrets = ["PIN"]\nallow_names = ["PATH"]\n[aliases]\nGITHUB_TOKEN = "_gh"\nPIN = "PATH"')
    explained = {each["name"] for each in runner("explain", "--json").json["secrets"]}
    assert explained == {"GITHUB_TOKEN", "PIN"}
    assert "given as _gh" in runner("explain").out
    written = runner("env", "--format", "json")
    assert (written.code, '"_gh"' in written.out, '"PATH": "4711"' in written.out) == (0, True, True)
    result = runner.process("run", "--", "/bin/sh", "-c", "echo $PATH $_gh", cwd=folder)
    assert (result.code, result.out) == (0, "4711 {{$GITHUB_TOKEN}}\n"), result.err


@pytest.mark.parametrize("variable", ["PATH", "http_proxy", "LD_PRELOAD"])
def test_alias_to_a_risky_name_has_to_be_allowed(runner: Neo, folder: Path, variable: str) -> None:
    write(folder, f'[aliases]\nGITHUB_TOKEN = "{variable}"')
    refused = runner("env")
    assert (refused.code, f"--allow-name {variable}" in refused.err) == (Exit.REFUSED, True)
    assert "needs --allow-name" in runner("explain").out


def test_init_writes_what_the_commands_read(neo: Neo, site: Site, folder: Path) -> None:
    made = neo("init", "--project", PROJECT, "--secret", "A", "--allow-name", "PATH", "--alias", "A=_A", "--json")
    assert made.code == 0, made.err
    content = {
        "server": site.url,
        "project": site.demo["project"],
        "secrets": ["A"],
        "allow_names": ["PATH"],
        "aliases": {"A": "_A"},
    }
    assert made.json == {"path": str(folder / ".neo.toml"), **content}
    text = (folder / ".neo.toml").read_text()
    assert (tomllib.loads(text), f"# {PROJECT}" in text) == (content, True)
    again = neo("init")
    assert (again.code, "--force" in again.err) == (Exit.DATA, True)
    assert neo("init", "--force").out == "Commands in this folder now use your personal secrets, by .neo.toml.\n"
    before = (folder / ".neo.toml").read_text()
    for wrong in (["--secret", "lower"], ["--alias", "A"], ["--project", "No such project"]):
        assert neo("init", "--force", *wrong).code != 0
        assert (folder / ".neo.toml").read_text() == before
