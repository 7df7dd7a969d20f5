"""Programs in the place of those that would change this machine: they say what they were asked."""

from __future__ import annotations

from pathlib import Path

# Run what follows, as the user who runs the test.
AS_ANOTHER = 'while [ $# -gt 0 ]; do case $1 in -u|--user) shift 2 ;; --) shift ;; *) break ;; esac; done; exec "$@"'
SAY = 'echo "$(basename "$0") $*"'
PROGRAMS = {
    "sudo": AS_ANOTHER,
    "runuser": AS_ANOTHER,
    **dict.fromkeys(("apt-get", "useradd", "createuser", "createdb", "systemctl", "chown", "install"), SAY),
}


def make(folder: Path) -> Path:
    """Write the programs into a folder of their own; return it."""
    folder.mkdir()
    for name, does in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return folder
