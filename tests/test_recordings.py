"""Recordings of the terminal: what `make recordings` drew is what the pages say, and says nothing of a machine."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree

import pytest

from benchmarks.recordings import IMAGES, RECORDINGS, SERVER, Recording, as_page, commands, drawn, stable
from tests.live.pages import Command, shows

pytestmark = pytest.mark.once


def lines_of(svg: str) -> list[str]:
    """Return the text of a picture, line by line."""
    rows: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):  # noqa: S314  (our own)
        rows[float(each.attrib["y"])].append((float(each.attrib["x"]), each.text or ""))
    return ["".join(text for _, text in sorted(rows[y])).replace("\xa0", " ").rstrip() for y in sorted(rows)]


@pytest.mark.parametrize(("name", "recording"), RECORDINGS.items())
def test_a_recording_shows_the_commands_of_its_page(name: str, recording: Recording) -> None:
    lines = lines_of((IMAGES / f"{name}.svg").read_text())
    found = commands(recording)
    assert [line.removeprefix("$ ") for line in lines if line.startswith("$ ")] == [each.text for each in found]
    said = re.split(r"^\$ .*\n?", "\n".join(lines), flags=re.MULTILINE)[1:]
    for command, output in zip(found, said, strict=True):
        assert output.strip()
        assert [line for line in command.shown if not shows(output, line)] == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_says_nothing_of_a_machine(name: str) -> None:
    svg = (IMAGES / f"{name}.svg").read_text()
    assert set(re.findall(r"\w+://[\w.:-]+\w", svg)) == {SERVER, "http://www.w3.org"}
    assert [line for line in lines_of(svg) if stable(line) != line] == []
    assert not re.search(r"/(home|root|tmp|work|Users)/", svg)


def test_the_same_lines_make_the_same_picture() -> None:
    lines = ["$ neo secrets list", "NAME  \x1b[1mVALUE\x1b[0m", "A     <•••>"]
    assert drawn(lines, "one") == drawn(lines, "one")
    assert lines_of(drawn(lines, "one")) == ["$ neo secrets list", "NAME  VALUE", "A     <•••>"]


def test_the_rest_of_a_long_output_is_left_out_as_on_the_page() -> None:
    command = Command("README.md#Run it", "neo run -- printenv", ["A={{$A}}", "…"])
    assert as_page(["A={{$A}}", "HOME=/home/somebody"], command) == ["A={{$A}}", "…"]
    assert as_page(["Made 2026-11-29 08:15 as x"], command._replace(shown=[])) == ["Made 2026-01-31 12:00 as x"]
