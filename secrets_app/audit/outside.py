"""Checkpoints outside of the database, written while blocks are made: a file, or a URL that takes them by POST.

A database that loses its end, as by a failover that loses commits, or by somebody who cuts it off, still has a whole
chain. What was written elsewhere shows the end that is missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from secrets_app.audit import checkpoints
from secrets_app.audit.checkpoints import Checkpoint
from secrets_app.audit.export import line
from secrets_app.conf import conf
from secrets_app.models import AuditBlock

CHUNK = 1_000
SECONDS = 10
# More than a line, which is all that is read of the end of a file.
TAIL_BYTES = 4_096
PRIVATE = 0o600


class NotKept(Exception):
    """A checkpoint could not be kept outside. The message says why, and what to do; it holds no URL."""


class TailLost(NotKept):
    """A checkpoint that is kept outside names a block that the database does not have."""


class Keeper(Protocol):
    """A place outside of the database."""

    def keep(self) -> None:
        """Write the checkpoints of the blocks that this place does not have yet. Raises NotKept."""


def keeper() -> Keeper | None:
    """Return the place that the settings name; None if they name none. Call it before a block is made."""
    if not conf.checkpoints:
        return None
    return UrlKeeper(conf.checkpoints) if is_url(conf.checkpoints) else FileKeeper(Path(conf.checkpoints))


def is_url(place: str) -> bool:
    """Return whether the setting is a URL, and not a path."""
    return "://" in place


class FileKeeper:
    """A file with a line for each block, which is only ever appended to. Its end says what it has."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> None:
        try:
            last = self._last()
            _require_block(last)
            with open(self._path, "ab", opener=_private) as file:
                for checkpoint in _after(0 if last is None else last.sequence):
                    file.write(line(checkpoint.as_json()).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise NotKept(
                f"Checkpoints cannot be appended to {self._path} ({error.strerror}). Correct its permissions or "
                "SECRETS_APP['CHECKPOINTS']; the next run appends what is missing."
            ) from None

    def _last(self) -> Checkpoint | None:
        if not self._path.exists() or not self._path.stat().st_size:
            return None
        with self._path.open("rb") as file:
            file.seek(max(0, self._path.stat().st_size - TAIL_BYTES))
            tail = file.read().decode(errors="replace")
        if not tail.endswith("\n"):
            raise NotKept(f"The last line of {self._path} is not whole. Remove it; the next run appends it anew.")
        try:
            return list(checkpoints.read([tail.splitlines()[-1]]))[-1]
        except checkpoints.NotACheckpoint:
            raise NotKept(f"{self._path} holds something else than checkpoints. Name another file.") from None


class UrlKeeper:
    """A URL that takes lines of JSON by POST, and answers with a status from 200 to 299.

    It knows what was sent in its own life only, so a run sends the blocks that were made since it began.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        last = checkpoints.latest()
        self._sent = 0 if last is None else last.sequence

    def keep(self) -> None:
        rest = _after(self._sent)
        while piece := list(islice(rest, CHUNK)):
            self._post("".join(line(each.as_json()) for each in piece).encode())
            self._sent = piece[-1].sequence

    def _post(self, body: bytes) -> None:
        request = Request(self._url, body, {"Content-Type": "application/x-ndjson"}, method="POST")  # noqa: S310  (https)
        try:
            with _opener.open(request, timeout=SECONDS):
                return
        except URLError as error:
            reason = f"status {error.code}" if hasattr(error, "code") else type(error.reason).__name__
        except (OSError, HTTPException) as error:
            reason = type(error).__name__
        raise NotKept(f"The URL in SECRETS_APP['CHECKPOINTS'] did not take the checkpoints ({reason}).")


class _NoRedirects(HTTPRedirectHandler):
    """A redirected POST becomes a GET, which would lose what it brings."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = build_opener(_NoRedirects())


def _after(sequence: int) -> Iterator[Checkpoint]:
    blocks = AuditBlock.objects.filter(sequence__gt=sequence).order_by("sequence")
    return (Checkpoint.of(block) for block in blocks.iterator(CHUNK))


def _require_block(kept: Checkpoint | None) -> None:
    if kept is None:
        return
    block = AuditBlock.objects.filter(sequence=kept.sequence).first()
    if block is None or Checkpoint.of(block) != kept:
        raise TailLost(
            f"The audit log has lost its end: block {kept.sequence} was made, and is "
            f"{'missing' if block is None else 'another one now'}. Run audit verify --against the file of checkpoints, "
            "which names the first one. Then move that file away, and keep it."
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)
