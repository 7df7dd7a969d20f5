"""Times on the command line, such as 2030-01-31T12:00:00Z or 90d, and times from the server in tables."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DISTANCE = re.compile(r"([0-9]{1,5})([mhdw])")


def from_now(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """Return the time of an option: an RFC 3339 time as it is, and 90d as the moment in 90 days."""
    return _moment(text, 1)


def ago(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """Return the time of an option: an RFC 3339 time as it is, and 90d as the moment 90 days ago."""
    return _moment(text, -1)


def _moment(text: str | None, sign: int) -> str | None:
    distance = DISTANCE.fullmatch(text or "")
    if not distance:
        # The server refuses what is no time.
        return text
    moment = datetime.now(UTC).replace(microsecond=0) + sign * timedelta(**{UNITS[distance[2]]: int(distance[1])})
    return moment.isoformat().replace("+00:00", "Z")


def short(time: str | None) -> str:
    """Return an RFC 3339 time to the minute, in local time; nothing for None."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M") if time else ""
