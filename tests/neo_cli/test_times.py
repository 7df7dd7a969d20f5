"""Times on the command line: as they are, or as a distance from now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from neo_cli.times import ago, from_now

pytestmark = pytest.mark.once

OPTION = click.Option(["--at"])
CONTEXT = click.Context(click.Command("none"))


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("5m", timedelta(minutes=5)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_distance_is_counted_from_now(text: str, distance: timedelta) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    later, earlier = (datetime.fromisoformat(str(read(CONTEXT, OPTION, text))) for read in (from_now, ago))
    after = datetime.now(UTC)
    assert before + distance <= later <= after + distance
    assert before - distance <= earlier <= after - distance


@pytest.mark.parametrize("text", [None, "", "2030-01-31T12:00:00Z", "soon", "90", "-1d", "1y"])
def test_anything_else_is_left_to_the_server(text: str | None) -> None:
    assert from_now(CONTEXT, OPTION, text) == ago(CONTEXT, OPTION, text) == text
