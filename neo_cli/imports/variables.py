"""Variables of a file, with the lines that they are on, so that errors can name both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from neo_cli.exits import Exit, Failure
from neo_cli.text import printable

# So many names fit into a message that people read.
MAX_SHOWN = 8


@dataclass(frozen=True)
class Variable:
    """A name with its value, and the line of the file that it begins on; 0 if a file has no lines to speak of."""

    name: str
    value: str = field(repr=False)
    line: int = 0

    def __str__(self) -> str:
        return f"{printable(self.name)} (line {self.line})" if self.line else printable(self.name)


def listed(names: Iterable[object]) -> str:
    """Return the names for a message: the first few, and how many more there are."""
    shown = [printable(str(name)) for name in names]
    more = f" and {len(shown) - MAX_SHOWN:,} more" if len(shown) > MAX_SHOWN else ""
    return ", ".join(shown[:MAX_SHOWN]) + more


def refused(trouble: str) -> Failure:
    """Return the failure for a file that cannot be imported as it is."""
    return Failure(f"{trouble} Nothing was imported.", Exit.DATA)


def without_repetitions(variables: Sequence[Variable], *, last_wins: bool) -> list[Variable]:
    """Return the variables, each name once. Raise Failure for a repeated name unless the last one counts."""
    by_name: dict[str, Variable] = {}
    for variable in variables:
        earlier = by_name.pop(variable.name, None)
        if earlier is not None and not last_wins:
            lines = f" in lines {earlier.line} and {variable.line}" if variable.line else ""
            raise refused(
                f"{printable(variable.name)} is assigned twice{lines}. Remove one of them, or let the last one count: "
                "--last-wins."
            )
        by_name[variable.name] = variable
    return list(by_name.values())
