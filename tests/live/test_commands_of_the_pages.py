"""Every fenced command of README and docs: run here, run by another test, or listed with the reason why not."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import pytest

from tests.cast import PASSWORD
from tests.live import forks, stand_ins
from tests.live.databases import ON_POSTGRESQL, new_database
from tests.live.pages import PAGES, Command, Ended, commands_of, filled_in, run, shows
from tests.live.site import ROOT, Site, environment, prepared_site

pytestmark = pytest.mark.once

VENV = Path(sys.executable).parent.parent
COMMANDS = [command for page in PAGES for command in commands_of(page)]

# By page and heading, or by the beginning of a command.
RUN_BY_ANOTHER_TEST = {
    "docs/plugging-in.md": "tests/packaging/test_plugging_in.py",
    "make run": "tests/live/test_make_run.py",
    "pip install dist/": "tests/packaging/test_plugging_in.py",
    'pip install "$(ls dist/': "tests/packaging/test_plugging_in.py",
    ".venv/bin/python -m neo_site.serve": "tests/live/test_serve.py",
    ".venv/bin/python manage.py backup /var": "tests/live/test_restore_drill.py",
    ".venv/bin/python manage.py restore /var": "tests/live/test_restore_drill.py",
    ".venv/bin/python manage.py keys retire": "tests/secrets_app/actions/test_master_keys.py",
    "export NEO_KMS_KEY": "tests/live/test_kms.py",
    ".venv/bin/python manage.py make_master_key /etc/neo-secrets/wrapped.keys": "tests/live/test_kms.py",
}
NOT_RUN = {
    "make test": "runs the tests, this one among them",
    "make check": ".ci/run runs it beside the tests",
    "make wheel": "tests/packaging/ runs it, for all of its tests",
    ".venv/bin/python -m pytest -q tests/packaging": "runs tests",
    "git tag": "marks a release",
    "git push": "publishes a release",
    "sudo git clone": "the address is that of your copy",
    "sudo cp deploy/nginx.conf": "changes the proxy of this machine",
    "sudo nginx -t": "tests/live/test_deploy.py gives nginx the file with a certificate of its own",
    "podman": "no container engine; docs/deployment.md says how the image was built and run",
    "docker compose": "no container engine; tests/live/test_deploy.py examines the file",
    "NEO_HOST=": "no container engine; tests/live/test_deploy.py examines the file",
    "chmod 600 deploy/keys": "gives the keys to the user of the image",
    "pip install -r requirements-kms.txt": "the environment of the tests has it",
    "kubectl": "no cluster; tests/test_kubernetes.py examines the manifest",
    "neo env --format docker": "no Docker; tests/neo_cli/dialects/ compares the file with Docker's parser",
}

PRODUCTION = "README.md#In production"
ON_THE_LIVE_SITE = (
    "README.md",
    "docs/cli.md",
    "docs/runtime.md",
    "docs/team.md",
    "docs/environments.md",
    "docs/agents.md",
    "docs/ci.md",
    "docs/moving.md",
)
ON_A_SITE_OF_ITS_OWN = (
    "docs/kubernetes.md",
    "docs/authentication.md",
    "docs/audit.md",
    "docs/keys.md",
    "docs/deployment.md",
)

TOKENS_OF_MACHINES = (
    "neo tokens create ci --project Robots --scope runtime:use --expires-at 90d",
    "neo tokens create agent --project Robots --scope runtime:use --expires-at 7d",
)

# What a page shows as an answer's placeholder, the next commands take from the answer.
CURL = """
curl() {
    ANSWER=$(command curl --fail-with-body "$@")
    local status=$?
    printf '%s\\n' "$ANSWER"
    case $ANSWER in
        '{"id":'*) ID=$(sed 's/^{"id":"\\([^"]*\\)".*/\\1/' <<< "$ANSWER") ;;
        '{"access":'*) ACCESS=$(sed 's/^{"access":"\\([^"]*\\)".*/\\1/' <<< "$ANSWER") ;;
    esac
    case $ANSWER in *'"token":"neo_task_'*) TASK=$(sed 's/.*"token":"\\([^"]*\\)".*/\\1/' <<< "$ANSWER") ;; esac
    return $status
}
"""


def listed(command: Command, places: Mapping[str, str]) -> bool:
    return any(command.page.startswith(place) or command.name.startswith(place) for place in places)


def to_run(page: str) -> list[Command]:
    return [
        each
        for each in COMMANDS
        if each.page.startswith(page)
        and (each.page == PRODUCTION) is (page == PRODUCTION)
        and not listed(each, NOT_RUN)
        and not listed(each, RUN_BY_ANOTHER_TEST)
    ]


def failures(commands: list[Command], ended: list[Ended], put: Mapping[str, str]) -> str:
    """Return what did not end well, or did not show what the page shows."""
    pairs = list(zip(commands, ended, strict=True))
    failed = [f"{each.name}: {how.status}\n{how.output}" for each, how in pairs if bool(how.status) is not fails(each)]
    silent = [
        f"{each.name} does not show {line}:\n{how.output}"
        for each, how in pairs
        for line in each.shown
        if not shows(how.output, filled_in(line, put))
    ]
    return "\n".join(failed + silent)


def fails(command: Command) -> bool:
    """Return whether the page says that the answer is an error."""
    return "# 401" in command.text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like the checkout to a command, and may be written into."""
    for name in ("manage.py", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    (tmp_path / ".venv").symlink_to(VENV)
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "agents.md").read_text(), re.DOTALL)
    (tmp_path / "agent.py").write_text(program)
    (tmp_path / "deploy.sh").write_text("#!/bin/sh\necho deployed with $DEPLOY_KEY\n")
    (tmp_path / "deploy.sh").chmod(0o755)
    return tmp_path


def variables(folder: Path, site: Site, **more: str) -> dict[str, str]:
    """Return the environment of somebody at the machine of a site, whose login is kept in a folder of the test."""
    mine = {"PATH": f"{VENV}/bin:{os.environ['PATH']}", "NEO_CONFIG_DIR": str(folder / "config")}
    return site.environment | mine | more


def as_reader(site: Site, name: str) -> dict[str, str]:
    return {
        "http://127.0.0.1:8000": site.url,
        "--username member": f"--username {name}",
        "as member": f"as {name}",
        '"member", "password": "PASSWORD"': f'"{name}", "password": "{site.password_of(name)}"',
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…": """'"$ACCESS"'""",
        # What a pipeline or an agent has in its environment is the token that the page makes for it.
        **{command: f"MACHINE=$({command})" for command in TOKENS_OF_MACHINES},
        "neo run --secret DEPLOY_KEY": f'NEO_SERVER={site.url} NEO_TOKEN="$MACHINE" neo run --secret DEPLOY_KEY',
        "python agent.py": f'NEO_SERVER={site.url} NEO_TOKEN="$TOKEN" python agent.py',
        "neo_task_…": """'"$TASK"'""",
    }


def test_each_command_is_run_somewhere_or_has_a_reason() -> None:
    run_here = [command for page in (*ON_THE_LIVE_SITE, *ON_A_SITE_OF_ITS_OWN, PRODUCTION) for command in to_run(page)]
    nowhere = [each for each in COMMANDS if each not in run_here]
    missing = [each for each in nowhere if not listed(each, RUN_BY_ANOTHER_TEST) and not listed(each, NOT_RUN)]
    assert [f"{each.page}: {each.name}" for each in missing] == []
    assert len(COMMANDS) > 60


def test_the_lists_name_commands_and_tests_that_exist() -> None:
    places = [*RUN_BY_ANOTHER_TEST, *NOT_RUN]
    assert [place for place in places if not any(listed(each, {place: ""}) for each in COMMANDS)] == []
    assert [test for test in RUN_BY_ANOTHER_TEST.values() if not (ROOT / test).is_file()] == []
    assert all(NOT_RUN.values())


@pytest.mark.parametrize("page", ON_THE_LIVE_SITE)
def test_the_commands_of_a_reader_work(page: str, site: Site, folder: Path) -> None:
    name = f"reader_{token_hex(4)}"
    site.add_users(name)
    with site.client(name) as client:
        project = client.post("/api/v1/projects", json={"name": "Robots"}).json()["project"]["id"]
        deploy_key = {"name": "DEPLOY_KEY", "value": "dpk_0123456789-robots", "project_id": project}
        client.post("/api/v1/secrets", json=deploy_key).raise_for_status()
    token = site.sign_in(name)["access"]
    typed = {"Password (not shown): ": site.password_of(name), "GITHUB_TOKEN (not shown): ": "ghp_0123456789abcdefwxyz"}
    commands, put = to_run(page), as_reader(site, name)
    ended = run(
        commands,
        folder,
        variables(folder, site, TOKEN=token, PROJECT=project),
        before=f"neo login --server {site.url} --username {name}\n{CURL}",
        put=put,
        typed=typed,
    )
    failed = failures(commands, ended, put)
    assert not failed, failed


@pytest.mark.skipif(
    not ON_POSTGRESQL, reason="`audit partition` of docs/audit.md needs it: NEO_TEST_DATABASE=postgresql"
)
def test_the_commands_of_an_operator_work(folder: Path) -> None:
    site = prepared_site(folder / "data")
    # The pages start Python two dozen times.
    (folder / ".venv").unlink()
    (folder / ".venv" / "bin").mkdir(parents=True)
    forks.stand_in(folder / ".venv" / "bin" / "python")
    here = variables(folder, site)
    keys, manage = site.directory / "master.keys", ".venv/bin/python manage.py"
    put = {
        # Made on the day of the first key, this one needs an id of its own. Its line goes to the top before it is used.
        "make_master_key /etc/neo-secrets/new.keys": f"make_master_key {site.directory}/new.keys --id next",
        f"{manage} rotate_keys  ": f"tac {keys} > turned; cat turned > {keys}; {manage} rotate_keys  ",
        "/etc/neo-secrets": str(site.directory),
        "add_user NAME --email NAME": "add_user newcomer --email newcomer",
        "one_time_link NAME": "one_time_link newcomer",
        "sudo deploy/manage": manage,
    }
    commands = [each for page in ON_A_SITE_OF_ITS_OWN for each in to_run(page)]
    ended = run(commands, folder, here | {"PATH": f"{folder}/.venv/bin:{here['PATH']}"}, put=put, typed={})
    failed = failures(commands, ended, put)
    assert not failed, failed


def test_the_commands_of_the_production_section_work(folder: Path) -> None:
    """On this machine, where stand-ins say what would be installed, and the folders are those of the test."""
    programs = stand_ins.make(folder / "programs")
    for name in ("keys", "system", "caddy"):
        (folder / name).mkdir()
    database = new_database().get("DATABASE_URL", f"sqlite:///{folder}/db.sqlite3")
    settings = folder / "keys" / "environment"
    put = {
        "cd /opt/neo-secrets": f"cd {ROOT}",
        # What the machine of the page has: a database without a password, a user of the service, a folder of the state.
        "sudo chown -R neo-secrets: /etc/neo-secrets": "; ".join(
            [
                f"sed -i 's#^DATABASE_URL=.*#DATABASE_URL={database}#' {settings}",
                f"sed -i 's#/var/lib/neo-secrets#{folder}#; s#/etc/neo-secrets#{folder}/keys#' {settings}",
            ]
        ),
        "/etc/neo-secrets": str(folder / "keys"),
        "/etc/systemd/system/": f"{folder}/system/",
        "/etc/caddy/": f"{folder}/caddy/",
        "YOUR.HOST": "secrets.test",
    }
    typed = {"Username": "operator", "Email address": "", "Password: ": PASSWORD, "Password (again): ": PASSWORD}
    variables = site_free(folder, programs) | {"NEO_ENVIRONMENT": str(settings)}
    commands = to_run(PRODUCTION)
    ended = run(commands, folder, variables, put=put, typed=typed)
    failed = failures(commands, ended, put)
    assert not failed, failed
    said = "".join(each.output for each in ended)
    assert "error" not in ended[[each.name for each in commands].index("sudo deploy/manage doctor")].output
    assert "systemctl enable --now neo-secrets neo-worker" in said
    assert sorted(path.name for path in (folder / "system").iterdir()) == ["neo-secrets.service", "neo-worker.service"]
    assert "secrets.test {" in (folder / "caddy" / "Caddyfile").read_text()


def site_free(folder: Path, programs: Path) -> dict[str, str]:
    """Return an environment without a site. What is installed is not looked at: the tests have it all."""
    path = f"{programs}:{VENV}/bin:{os.environ['PATH']}"
    return environment(folder) | {"PATH": path, "MAKEFLAGS": "--assume-old=.venv/installed"}
