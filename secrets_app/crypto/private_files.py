"""Files that hold keys: who may be able to read them, and how they are read. One rule for every such file.

Nobody but its owner may use a key file. A file that the reading process could not make any tighter may be readable by a
group, and by nobody else: Kubernetes gives a pod whose user is not root its secrets as files of root that the group of
the volume can read (mode 0440), whatever mode was asked for. Symbolic links are followed, and the very file that was
opened is judged.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from secrets_app.crypto.errors import KeyringError

MAX_BYTES = 64 * 1024
ROOT = 0


def read_private(name: str, *, variable: str, when_missing: str = "") -> str:
    """Return the text of a key file; raise KeyringError, which says what to do, when it is missing or not private.

    Refused are also what is no regular file, has more than 64 KiB or is not UTF-8. `variable` can hold the keys in the
    file's place; `when_missing` goes on where the sentence about a missing file ends.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would hang the start; regular files ignore the flag.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        missing = f"There is no key file at {name}. Restore it from your backup of the keys, or correct the path."
        raise KeyringError(f"{missing} {when_missing}".rstrip()) from None
    except OSError as error:
        raise KeyringError(
            f"Key file {name} cannot be read ({error.strerror}). Make the user who runs this process its owner, or in "
            "a Kubernetes secret volume give the pod an fsGroup."
        ) from None
    try:
        _require_private(descriptor, name, variable)
        return _decoded(os.read(descriptor, MAX_BYTES + 1), name)
    finally:
        os.close(descriptor)


def is_private(file: int | Path) -> bool:
    """Return whether the file, open or at a path, is as private as a key file must be."""
    status = os.stat(file)
    is_open_to = status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if is_open_to == stat.S_IRGRP:
        # A file of a third user is that user's to change, so that root's or a read-only one alone is taken.
        return not _can_be_tightened(file) and (status.st_uid == ROOT or _is_read_only(file))
    return not is_open_to


def _require_private(descriptor: int, name: str, variable: str) -> None:
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise KeyringError(f"Key file {name} is not a regular file. Give the path of a file that holds the keys.")
    if is_private(descriptor):
        return
    is_open = f"Key file {name} is open to other users (mode {stat.S_IMODE(mode):04o})."
    if _can_be_tightened(descriptor):
        raise KeyringError(f"{is_open} Run: chmod 600 {shlex.quote(name)}")
    raise KeyringError(
        f"{is_open} Give its volume the mode 0440 or less (in Kubernetes `defaultMode`, with an fsGroup), or put what "
        f"the file holds into {variable}."
    )


def _can_be_tightened(file: int | Path) -> bool:
    """Return whether this process may change the mode of the file, as its owner or as root."""
    return os.geteuid() in (ROOT, os.stat(file).st_uid) and not _is_read_only(file)


def _is_read_only(file: int | Path) -> bool:
    return bool(os.statvfs(file).f_flag & os.ST_RDONLY)


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise KeyringError(f"Key file {name} is larger than {MAX_BYTES} bytes. Correct the path.")
    try:
        # Editors on Windows begin a file with a byte order mark.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KeyringError(f"Key file {name} is not UTF-8 text. Put back the file that was made.") from None
