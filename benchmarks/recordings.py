"""Recordings of the terminal for `docs/`: blocks of its pages typed on a site made for them. `make recordings`."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from tests.live.pages import Command, commands_of, run, shows
from tests.live.site import ROOT, Site

IMAGES = ROOT / "docs" / "images"
COLUMNS = 92
SERVER = "http://127.0.0.1:8000"
# rich's own template, without its heading, and without its font, which readers would fetch from elsewhere.
SVG = """\
<svg class="terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
{styles}
</style>
<defs>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
# The same at each recording.
STABLE = {
    r"\d{4}-\d\d-\d\d \d\d:\d\d": "2026-01-31 12:00",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "2cd12782-0474-400b-a447-ff41f3df1b05",
    r"neo_task_\w+…": "neo_task_fZ9aI…",
}


class Recording(NamedTuple):
    """Commands of a section, and what is typed at their prompts."""

    page: str
    section: str
    typed: dict[str, str]


RECORDINGS = {"neo": Recording("README.md", "Run it", {"GITHUB_TOKEN (not shown): ": "ghp_0123456789abcdefwxyz"})}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        site = Site(Path(directory) / "data")
        site.prepare()
        site.start()
        try:
            for name, recording in RECORDINGS.items():
                (IMAGES / f"{name}.svg").write_text(drawn(lines_of(site, recording, Path(directory)), name))
        finally:
            site.stop()


def commands(recording: Recording) -> list[Command]:
    """Return the commands of the section that type `neo`."""
    place = f"{recording.page}#{recording.section}"
    return [each for each in commands_of(ROOT / recording.page) if each.page == place and each.text.startswith("neo ")]


def lines_of(site: Site, recording: Recording, folder: Path) -> list[str]:
    """Return the lines of the terminal after the commands, each of which has to show what its page shows."""
    typed = {"Password (not shown): ": site.password_of("member"), **recording.typed}
    mine = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "NEO_CONFIG_DIR": str(folder / "config")}
    found = commands(recording)
    ended = run(found, folder, site.environment | mine, put={SERVER: site.url}, typed=typed)
    lines: list[str] = []
    for command, (status, output) in zip(found, ended, strict=True):
        output = output.replace(site.url, SERVER)
        missing = [line for line in command.shown if not shows(output, line)]
        if status or missing:
            sys.exit(f"{command.name} ended with {status} and does not show {missing}:\n{output}")
        lines += [f"$ {line}" for line in command.text.splitlines()] + as_page(output.rstrip().splitlines(), command)
    return lines


def as_page(output: list[str], command: Command) -> list[str]:
    """Return the output with times and ids that stay the same; where the page has `…` for the rest of it, that."""
    if command.shown[-1:] == ["…"]:
        output = [*output[: len(command.shown) - 1], "…"]
    return [stable(line) for line in output]


def stable(line: str) -> str:
    """Return the line with the times and ids of every recording."""
    for pattern, text in STABLE.items():
        line = re.sub(pattern, text, line)
    return line


def drawn(lines: list[str], name: str) -> str:
    """Return a picture of the lines as SVG, the same for the same lines."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        text = Text.from_ansi(line)
        if line.startswith("$ "):
            text.stylize("bold")
            text.stylize("green", 0, 1)
        console.print(text, overflow="fold")
    return console.export_svg(title="", code_format=SVG, unique_id=name)


if __name__ == "__main__":
    main()
