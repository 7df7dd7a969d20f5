"""What people, templates and environments put where a setting belongs."""

from __future__ import annotations

from typing import Any

TEXTS = ("", "nonsense", ".", "..x", ".x", "x.", "a b", "\0", "\ud800", "https://[", "0" * 5_000)
NONSENSE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    b"",
    b"x",
    [],
    (),
    {},
    {1: 2},
    object,
    *TEXTS,
]
