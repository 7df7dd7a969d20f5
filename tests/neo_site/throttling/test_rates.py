from __future__ import annotations

import pytest

from neo_site.throttling.rates import Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1/sec", Rate(1, 1)),
        ("600/min", Rate(600, 60)),
        ("5/hour", Rate(5, 3_600)),
        ("999999999/day", Rate(999_999_999, 86_400)),
    ],
)
def test_a_rate_is_a_number_and_a_period(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "/min",
        "0/min",
        "-1/min",
        "5/minute",
        "5 / min",
        "5/min\n",
        "1000000000/min",
        "\N{ARABIC-INDIC DIGIT FIVE}/min",
        "5/m",
    ],
)
def test_anything_else_is_not_a_rate(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate.parse(text)
