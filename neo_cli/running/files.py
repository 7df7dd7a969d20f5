"""Files with values, for programs that need one: private, in memory if possible, and removed at the end."""

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

# File systems in memory. Their content reaches a disk only through swap.
IN_MEMORY = (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}", "/dev/shm")  # noqa: S108


@contextmanager
def secret_files(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Write a file for each of `values`; yield their paths by name, and remove the files when the block ends.

    The files have mode 0600, in a folder with mode 0700. Raise Failure if they cannot be written.
    """
    if not values:
        yield {}
        return
    try:
        folder = Path(tempfile.mkdtemp(prefix="neo-", dir=_base_folder()))
    except OSError as error:
        raise Failure(
            f"Files for values cannot be created: {error.strerror}. Set TMPDIR to a folder that you can write.",
            Exit.CANNOT_WRITE,
        ) from None
    try:
        yield {name: str(_write(folder / name, value)) for name, value in values.items()}
    finally:
        with postponed():
            shutil.rmtree(folder, ignore_errors=True)


def _base_folder() -> str:
    for folder in IN_MEMORY:
        if folder and os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return folder
    note("There is no file system in memory, so the files with values are on disk until the command ends.")
    return tempfile.gettempdir()


def _write(path: Path, value: str) -> Path:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(value)
    except OSError as error:
        raise Failure(
            f"The file for {path.name} cannot be written: {error.strerror}. Check the space in {path.parent.parent}.",
            Exit.CANNOT_WRITE,
        ) from None
    return path
