"""The files of deploy/ha agree with each other, with the settings and with the page about them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from neo_base.rest.errors import Unavailable

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parent.parent
HA = ROOT / "deploy" / "ha"
PAGE = ROOT / "docs" / "high-availability.md"


def names_in(path: Path) -> set[str]:
    """The variables of an environment file."""
    return set(re.findall(r"^(\w+)=", path.read_text(), re.MULTILINE))


def test_settings_of_a_node_are_documented() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    # Each may be given as a file.
    names = {name.removesuffix("_FILE") for name in names_in(HA / "neo-secrets.env")}
    assert names - documented == set()
    assert "DATABASE_URL" in names


def test_haproxy_reads_the_variables_of_its_environment() -> None:
    read = {name for path in HA.glob("*.cfg") for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
    assert read == names_in(HA / "haproxy.env")


def test_every_variable_of_haproxy_is_in_quotes() -> None:
    """Without them, it takes the port of a check for 0."""
    lines = [line for path in HA.glob("*.cfg") for line in path.read_text().splitlines() if "${" in line]
    assert lines
    assert [line for line in lines if len(re.findall(r'"\$\{\w+\}"', line)) != line.count("${")] == []


def test_answer_of_haproxy_is_that_of_the_site() -> None:
    head, _, body = (HA / "unavailable.http").read_bytes().partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Retry-After"]) >= 1
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (Unavailable.status_code, Unavailable.default_code)
    assert problem["detail"] == str(Unavailable.default_detail)


@pytest.mark.parametrize("path", sorted(HA.iterdir()), ids=lambda path: path.name)
def test_the_page_names_each_file(path: Path) -> None:
    assert f"(../{path.relative_to(ROOT).as_posix()})" in PAGE.read_text()
