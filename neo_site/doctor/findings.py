"""The findings of an examination. None holds a key, a password or an address with one in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.utils.timesince import timesince


class Grade(Enum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One line: what was examined, how it is and, unless it is well, what to do."""

    grade: Grade
    subject: str
    says: str

    def __str__(self) -> str:
        return f"{self.grade.value:8} {self.subject:12} {self.says}"


def ago(at: datetime) -> str:
    """Return how long ago this was, in its largest unit."""
    return f"{timesince(at, depth=1)} ago".replace("\xa0", " ")


def ok(subject: str, says: str) -> Finding:
    return Finding(Grade.OK, subject, says)


def warning(subject: str, says: str) -> Finding:
    return Finding(Grade.WARNING, subject, says)


def error(subject: str, says: str) -> Finding:
    return Finding(Grade.ERROR, subject, says)
