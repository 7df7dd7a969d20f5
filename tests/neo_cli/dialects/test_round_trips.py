"""Round trips: the programs that a dialect is for read back exactly what was written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import dotenv
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neo_cli.dialects import write
from neo_cli.imports.dotenv_files import READERS, read
from tests.neo_cli.dialects import readers
from tests.neo_cli.dialects.environments import ENVIRONMENTS, VALUES, Environment, expressible
from tests.neo_cli.dialects.readers import Engine, Node

KEY = "-----BEGIN KEY-----\nMIIEvQ+/==\n-----END KEY-----\n"
PLAIN = {"TOKEN": "ghp_x", "EMPTY": "", "URL": "postgres://u:p%40w@h/db?x=1", "SENTENCE": "correct horse, battery"}

# These start a process for each environment, so they use fewer and larger ones.
SLOW = settings(max_examples=15)
LARGE = st.lists(VALUES, max_size=40).map(lambda values: {f"N{number}": value for number, value in enumerate(values)})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialects") / "environment"


def written(environment: Environment, dialect: str, file: Path) -> Path:
    file.write_bytes(write(environment, dialect).encode())
    return file


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN | {"KEY": KEY})
def test_python_dotenv_reads_dotenv(environment: Environment, file: Path) -> None:
    environment = expressible(environment, "dotenv")
    assert dotenv.dotenv_values(written(environment, "dotenv", file)) == environment


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN | {"KEY": KEY})
@pytest.mark.parametrize("version", ["dotenv", "dotenv-16"])
def test_node_reads_dotenv(version: str, node: Node, environment: Environment) -> None:
    environment = expressible(environment, "dotenv")
    assert node.parse(version, write(environment, "dotenv")) == environment


@given(environment=ENVIRONMENTS)
def test_import_reads_dotenv(environment: Environment) -> None:
    environment = expressible(environment, "dotenv")
    written = write(environment, "dotenv")
    for reader in READERS:
        assert {each.name: each.value for each in read(written, reader)} == environment


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN)
def test_documented_docker_rules_read_docker(environment: Environment) -> None:
    environment = expressible(environment, "docker")
    assert readers.by_the_rules_of_docker(write(environment, "docker")) == environment


@SLOW
@given(environment=LARGE)
@example(environment=PLAIN)
@example(environment={"LONG": "x" * 60_000})
def test_docker_reads_docker(environment: Environment, engine: Engine, file: Path) -> None:
    environment = expressible(environment, "docker")
    assert readers.docker(engine, written(environment, "docker", file)) == environment


@SLOW
@given(environment=LARGE)
@example(environment=PLAIN | {"KEY": KEY})
@pytest.mark.parametrize("program", ["bash", "dash"])
def test_shells_read_shell(program: str, file: Path, environment: Environment) -> None:
    program = shutil.which(program) or pytest.skip(f"No {program} on this machine.")
    environment = expressible(environment, "shell")
    assert readers.shell(program, written(environment, "shell", file)) == environment


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN | {"KEY": KEY})
def test_systemd_reads_systemd(environment: Environment, file: Path) -> None:
    environment = expressible(environment, "systemd")
    assert readers.systemd(written(environment, "systemd", file)) == environment


DOCUMENTS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "yaml": lambda text: yaml.safe_load(StringIO(text)),
}


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN | {"KEY": KEY, "NO": "no", "Y": "012", "NULL": "~", "DATE": "2026-11-26"})
@pytest.mark.parametrize("dialect", DOCUMENTS)
def test_python_reads_json_and_yaml(dialect: str, environment: Environment) -> None:
    assert DOCUMENTS[dialect](write(environment, dialect)) == environment


@given(environment=ENVIRONMENTS)
@example(environment=PLAIN | {"KEY": KEY, "NO": "no", "Y": "012", "NULL": "~", "DATE": "2026-11-26"})
@pytest.mark.parametrize("parser", ["json", "yaml-1.1", "yaml-1.2"])
def test_node_reads_json_and_yaml(parser: str, node: Node, environment: Environment) -> None:
    dialect = parser.partition("-")[0]
    assert node.parse(parser, write(environment, dialect)) == environment
