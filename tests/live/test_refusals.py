"""A start that must not happen: exit code, one sentence that says what to mend, no key and no traceback."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from neo_site.keys import make_key_files
from secrets_app.crypto import generate_key_line
from tests.live import forks
from tests.live.databases import fingerprint
from tests.live.site import ROOT, Site, environment, prepared_site

KEY, OTHER_KEY = "unit-test-key-of-many-letters-0123456789", "second-unit-test-key-of-letters-9876543210"
PRODUCTION = {"NEO_SECRET_KEY": KEY, "NEO_SIGNING_KEY": OTHER_KEY, "NEO_ALLOWED_HOSTS": "secrets.example.com"}
CHECK, WSGI, ASGI = ("manage.py", "check"), ("-m", "neo_site.wsgi"), ("-m", "neo_site.asgi")

SETTINGS = {
    "no profile of ours": ({"NEO_PROFILE": "staging"}, "NEO_PROFILE"),
    "no secret key": ({"NEO_SECRET_KEY": ""}, "NEO_SECRET_KEY is not set"),
    "no signing key": ({"NEO_SIGNING_KEY": ""}, "NEO_SIGNING_KEY is not set"),
    "a short secret key": ({"NEO_SECRET_KEY": KEY[:31]}, "NEO_SECRET_KEY is too short"),
    "a short signing key": ({"NEO_SIGNING_KEY": KEY[:31]}, "NEO_SIGNING_KEY is too short"),
    "a simple key": ({"NEO_SECRET_KEY": 64 * "k"}, "NEO_SECRET_KEY is too short or too simple"),
    "one key for both": ({"NEO_SIGNING_KEY": KEY}, "must differ"),
    "an insecure key": ({"NEO_SECRET_KEY": "django-insecure-" + KEY}, "NEO_SECRET_KEY is one of Django's"),
    "a key file that is not there": ({"NEO_SECRET_KEY": "", "NEO_SECRET_KEY_FILE": "/nowhere/key"}, "/nowhere/key"),
    "no hosts": ({"NEO_ALLOWED_HOSTS": ""}, "NEO_ALLOWED_HOSTS is not set"),
    "any host": ({"NEO_ALLOWED_HOSTS": "*"}, "NEO_ALLOWED_HOSTS must name hosts"),
    "any host among others": ({"NEO_ALLOWED_HOSTS": "a.example,*"}, "NEO_ALLOWED_HOSTS must name hosts"),
    "debugging": ({"NEO_DEBUG": "true"}, "NEO_DEBUG is refused"),
    "a switch that is no switch": ({"NEO_HTTPS": "ture"}, "NEO_HTTPS"),
    "a number that is no number": ({"NEO_VERSIONS_KEPT": "ten"}, "NEO_VERSIONS_KEPT"),
    "a level that is no level": ({"NEO_LOG_LEVEL": "LOUD"}, "NEO_LOG_LEVEL"),
    "no database address": ({"DATABASE_URL": "//me:hunter2@localhost/x"}, "DATABASE_URL"),
    "another database": ({"DATABASE_URL": "mysql://somebody@localhost/x"}, "DATABASE_URL"),
    "a mistyped database address": ({"DATABASE_URL": "postgre://me:hunter2@localhost/x"}, "DATABASE_URL"),
    "a password that needs escapes": ({"DATABASE_URL": "postgres://me:hunter/2@localhost/x"}, "DATABASE_URL"),
}

CREATE_SECRET = """
from django.contrib.auth import get_user_model
from neo_base.access.actors import Actor
from secrets_app.actions.creation import Draft, create_secret
from secrets_app.plaintext import Plaintext
from secrets_app.owners import Owner
member = get_user_model().objects.get(username="member")
draft = Draft(owner=Owner(user_id=member.pk), name="TOKEN", value=Plaintext("a-value-that-never-comes-back"))
create_secret(actor=Actor.from_user(member), draft=draft)
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with good keys."""
    directory = tmp_path_factory.mktemp("refusals") / "data"
    make_key_files(directory)
    return directory


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site, not started, in which something is sealed."""
    site = prepared_site(tmp_path_factory.mktemp("sealed") / "data")
    site.manage("shell", "--no-imports", "--command", CREATE_SECRET)
    return site


def started(command: tuple[str, ...], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Start Python as operators do, and return how it ended and what it wrote."""
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**variables}, capture_output=True, text=True, timeout=300
    )


def refusal(
    command: tuple[str, ...],
    variables: Mapping[str, str],
    run: Callable[[tuple[str, ...], Mapping[str, str]], subprocess.CompletedProcess[str]] = forks.run,
) -> str:
    """What the command writes on standard error while it refuses."""
    ended = run(command, variables)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    return ended.stderr


def one_sentence(stderr: str) -> str:
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("Refusing to start: ")
    return lines[0]


def production(directory: Path, **settings: str) -> dict[str, str]:
    given = PRODUCTION | {"NEO_MASTER_KEYS_FILE": str(directory / "master.keys")} | settings
    return environment(directory, **{name: value for name, value in given.items() if value})


@pytest.mark.once
@pytest.mark.parametrize(("settings", "message"), SETTINGS.values(), ids=SETTINGS)
def test_a_dangerous_or_unclear_setting_is_refused(keys: Path, settings: dict[str, str], message: str) -> None:
    sentence = one_sentence(refusal(CHECK, production(keys, **settings)))
    assert message in sentence
    assert KEY[:20] not in sentence
    assert "hunter" not in sentence


@pytest.mark.once
@pytest.mark.parametrize("command", [CHECK, WSGI, ASGI], ids=["manage.py", "wsgi", "asgi"])
def test_every_way_in_refuses(keys: Path, command: tuple[str, ...]) -> None:
    refused = refusal(command, production(keys, NEO_SECRET_KEY=""), run=started)
    assert "NEO_SECRET_KEY is not set" in one_sentence(refused)


@pytest.mark.once
@pytest.mark.parametrize("command", [WSGI, ASGI], ids=["wsgi", "asgi"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"NEO_MASTER_KEYS_FILE": ""}, "NEO_MASTER_KEYS_FILE"),
        ({"NEO_MASTER_KEYS_FILE": "/nowhere/master.keys"}, "There is no key file at /nowhere/master.keys"),
        ({"NEO_MASTER_KEYS": "2030-01-01:dG9vIHNob3J0"}, "NEO_MASTER_KEYS"),
    ],
    ids=["no setting", "no file", "a short key"],
)
def test_missing_or_wrong_master_keys_are_refused(
    keys: Path, command: tuple[str, ...], settings: dict[str, str], message: str
) -> None:
    sentence = one_sentence(refusal(command, production(keys, **settings)))
    assert message in sentence
    assert "dG9vIHNob3J0" not in sentence


@pytest.mark.once
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
@pytest.mark.parametrize("command", [CHECK, WSGI], ids=["manage.py", "wsgi"])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, command: tuple[str, ...], mode: int) -> None:
    make_key_files(tmp_path)
    (tmp_path / "master.keys").chmod(mode)
    stderr = refusal(command, production(tmp_path))
    assert "chmod 600" in stderr
    assert (tmp_path / "master.keys").read_text().strip().split(":")[1] not in stderr


@pytest.mark.parametrize(
    ("key_id", "message"),
    [("{same}", "is not the key that was used under this id before"), ("another", "{same}")],
    ids=["another key under the same id", "the needed id is missing"],
)
def test_other_keys_than_those_in_use_are_refused_unwritten(
    sealed: Site, tmp_path: Path, key_id: str, message: str
) -> None:
    same = (sealed.directory / "master.keys").read_text().split(":")[0]
    replaced = tmp_path / "replaced.keys"
    replaced.touch(mode=0o600)
    replaced.write_text(generate_key_line(key_id.format(same=same)) + "\n")
    database_url = sealed.environment.get("DATABASE_URL", "")
    before = fingerprint(sealed.directory, database_url)
    sentence = one_sentence(refusal(WSGI, sealed.environment | {"NEO_MASTER_KEYS_FILE": str(replaced)}))
    assert message.format(same=same) in sentence
    assert same in sentence
    assert replaced.read_text().strip().split(":")[1] not in sentence
    assert fingerprint(sealed.directory, database_url) == before


def test_what_is_sealed_counts_as_a_change_of_the_database(sealed: Site) -> None:
    database_url = sealed.environment.get("DATABASE_URL", "")
    before = fingerprint(sealed.directory, database_url)
    sealed.add_users(f"user{secrets.token_hex(4)}")
    assert fingerprint(sealed.directory, database_url) != before


def test_the_right_keys_start(sealed: Site) -> None:
    sealed.start()
    assert httpx.get(f"{sealed.url}/readyz").json()["keyring"] is True
    assert sealed.stop() == 0


@pytest.mark.once
def test_what_is_needed_and_no_more_starts_in_production(keys: Path) -> None:
    run = started(WSGI, production(keys))
    assert run.returncode == 0, run.stderr
