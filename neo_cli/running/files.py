"""Files with values, for programs that need one: private, in memory if possible, and removed at the end."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from neo_cli.exits import Exit, Failure
from neo_cli.signals import postponed
from neo_cli.text import note

# File systems in memory. Their content reaches a disk only through swap.
IN_MEMORY = (os.environ.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}", "/dev/shm")  # noqa: S108
ON_DISK = ("/tmp", "/var/tmp")  # noqa: S108
PREFIX = "neo-run-"


@contextmanager
def secret_files(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Write a file for each of `values`; yield their paths by name, and remove the files when the block ends.

    The files have mode 0600, in a folder with mode 0700. Raise Failure if they cannot be written.
    """
    if not values:
        yield {}
        return
    with postponed():
        folder, lock = _new_folder()
    try:
        yield {name: str(_write(folder / name, value)) for name, value in values.items()}
    finally:
        with postponed():
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def remove_stale_files() -> None:
    """Remove the folders of earlier runs that were killed before they could do so.

    Each run holds a lock on its folder, and the system ends the lock with the process, however that ends.
    """
    bases = {folder for folder in (*IN_MEMORY, os.environ.get("TMPDIR"), *ON_DISK) if folder}
    for base in bases:
        for folder in Path(base).glob(f"{PREFIX}*"):
            with suppress(OSError), _locked_if_stale(folder):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked_if_stale(folder: Path) -> Iterator[None]:
    """Lock a folder of ours for the block. Raise OSError if it is somebody else's, no folder, or in use."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid != os.getuid():
            raise PermissionError
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _new_folder() -> tuple[Path, int]:
    """Return a new private folder and the descriptor that locks it. Raise Failure if there can be none."""
    try:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base_folder()))
            # Another `neo` may have taken it for a stale one before it was locked, and then removes it.
            with suppress(FileNotFoundError):
                return folder, _locked(folder)
    except OSError as error:
        raise Failure(
            f"Files for values cannot be created: {error.strerror}. Set TMPDIR to a folder that you can write.",
            Exit.CANNOT_WRITE,
        ) from None


def _locked(folder: Path) -> int:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.stat()
    except BaseException:
        os.close(lock)
        raise
    return lock


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
