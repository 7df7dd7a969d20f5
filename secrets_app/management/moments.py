"""Times on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime


def read_moment(text: str) -> datetime:
    """A date, its beginning in UTC, or a time. Raises ValueError, which argparse shows."""
    at, day = parse_datetime(text), parse_date(text)
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if at is None:
        raise ValueError
    return at if at.tzinfo else at.replace(tzinfo=UTC)
