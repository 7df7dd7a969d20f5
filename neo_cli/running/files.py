"""Values in files, for programs that want one: private, in memory where there is such a place, and gone at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from neo_cli.exits import Exit, Failure
from neo_cli.signals import postponed
from neo_cli.text import note

# File systems in memory: what is written there reaches no disk, but for swap.
IN_MEMORY = (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}", "/dev/shm")  # noqa: S108


@contextmanager
def delivered(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Names to paths: a file of mode 0600 for each of `values`, in a folder of mode 0700 that goes with the block."""
    if not values:
        yield {}
        return
    try:
        folder = Path(tempfile.mkdtemp(prefix="neo-", dir=_place()))
    except OSError as error:
        raise Failure(f"There is no place for files: {error.strerror}.", Exit.CANNOT_WRITE) from None
    try:
        yield {name: str(_write(folder / name, value)) for name, value in values.items()}
    finally:
        with postponed():
            shutil.rmtree(folder, ignore_errors=True)


def _place() -> str:
    for place in IN_MEMORY:
        if place and os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK):
            return place
    note("There is no file system in memory here: the files of this command are on disk until it ends.")
    return tempfile.gettempdir()


def _write(path: Path, value: str) -> Path:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(value)
    except OSError as error:
        raise Failure(f"A file for {path.name} cannot be written: {error.strerror}.", Exit.CANNOT_WRITE) from None
    return path
