"""Points in time as arguments of commands."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import suppress
from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime


def read_moment(text: str) -> datetime:
    """Return the time in `text`, or the beginning of the date in UTC. Raises ArgumentTypeError, which argparse shows.

    A time without an offset is taken as UTC.
    """
    with suppress(ValueError):
        at, day = parse_datetime(text), parse_date(text)
        if day is not None:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        if at is not None:
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    raise ArgumentTypeError("Give a date or a time: 2026-01-31, or 2026-01-31T12:00Z.")
