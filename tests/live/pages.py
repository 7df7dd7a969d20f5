"""The commands of the documentation: found in its pages, and run as a reader runs them, in one shell on a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.live.site import ROOT

FENCE = re.compile(r"^( *)```(sh|console)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATIENCE_SECONDS = 300


class Command(NamedTuple):
    page: str
    """The page, and after a `#` the heading of its section, such as `README.md#In production`."""
    text: str
    shown: list[str]
    """The lines that the page shows as its output."""

    @property
    def name(self) -> str:
        """Its first line, without the comment at its end."""
        return re.sub(r"\s+#(?= ).*", "", self.text.splitlines()[0])


class Ended(NamedTuple):
    status: int
    output: str


def commands_of(page: Path) -> Iterator[Command]:
    """Yield the commands of a page in their order."""
    name, text = page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        margin, language, block = found.groups()
        place = f"{name}#{HEADING.findall(text[: found.start()])[-1]}"
        lines = [line.removeprefix(margin) for line in block.splitlines()]
        yield from _typed(place, lines) if language == "console" else _script(place, lines)


def _typed(page: str, lines: list[str]) -> Iterator[Command]:
    found: list[Command] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(Command(page, line[2:], []))
        else:
            found[-1].shown.append(line)
    return iter(found)


def _script(page: str, lines: list[str]) -> Iterator[Command]:
    text = ""
    for line in lines:
        text = f"{text}\n{line}" if text else line
        if not text.endswith("\\") and _is_whole(text):
            if text.strip():
                yield Command(page, text, [])
            text = ""
    assert not text, f"{page}: {text} has no end"


def _is_whole(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def run(
    commands: list[Command],
    folder: Path,
    environment: Mapping[str, str],
    *,
    before: str = "",
    put: Mapping[str, str],
    typed: Mapping[str, str],
) -> list[Ended]:
    """Run the commands one after another in one shell; return how each ended.

    `before` is run first. `put` says what stands in the place of what a page cannot know, such as a port, and `typed`
    what is typed at a prompt.
    """
    script = folder / "commands.sh"
    steps = [f"printf '\\n@%s@\\n' {n}\n{each.text}\nprintf '\\n@=%s@\\n' $?" for n, each in enumerate(commands)]
    script.write_text(f"{before}\n{filled_in(chr(10).join(steps), put)}\n", encoding="utf-8")
    said = _on_a_terminal(["bash", str(script)], folder, environment, typed)
    parts = re.findall(r"\n@\d+@\n(.*?)\n@=(\d+)@\n", said, re.DOTALL)
    assert len(parts) == len(commands), said
    return [Ended(int(status), output) for output, status in parts]


def filled_in(text: str, put: Mapping[str, str]) -> str:
    """Return the text with what a page cannot know."""
    for placeholder, value in put.items():
        text = text.replace(placeholder, value)
    return text


def _on_a_terminal(command: list[str], folder: Path, environment: Mapping[str, str], typed: Mapping[str, str]) -> str:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    said, seen, until = b"", 0, time.monotonic() + PATIENCE_SECONDS
    try:
        while chunk := _read(master, until):
            said += chunk
            for prompt, answer in typed.items():
                if said.find(prompt.encode(), seen) >= 0:
                    seen = len(said)
                    os.write(master, answer.encode() + b"\n")
    finally:
        process.kill()
        process.wait()
        os.close(master)
    return said.decode().replace("\r\n", "\n")


def _read(master: int, until: float) -> bytes:
    """Return what the terminal shows next; nothing after its end."""
    ready, *_ = select.select([master], [], [], max(0, until - time.monotonic()))
    assert ready, "the commands of the page have not ended"
    try:
        return os.read(master, 65536)
    except OSError:
        # The last process on the terminal has ended.
        return b""


def shows(output: str, line: str) -> bool:
    """Return whether a line of the output is as the page shows it; `…` there stands for anything."""
    pattern = re.escape(line).replace("…", ".*")
    return re.search(f"^{pattern} *$", output, re.MULTILINE) is not None
