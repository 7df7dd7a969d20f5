"""Speed of redaction on one core, against a plain search of the same bytes, in one run.

Redacts 50 structured values of the kinds that people keep: addresses with a password, JSON with a private key, headers,
lines of environment files, connection strings. The plain search is `bytes.find` for bytes that do not occur, piece by
piece: the least that reading the data costs. Times are processor times, so that neighbours on the machine count less.
Run with `python -m benchmarks.redaction`.
"""

from __future__ import annotations

import json
import random
import string
import time
from collections.abc import Callable, Iterable

from secrets_app.redaction import Redactor

PIECE = 64 * 1024
SIZE = 8_000_000
ROUNDS = 5
NEEDLE = b"\xff\xfenot there\xff"

chance = random.Random(50)  # noqa: S311 -- the same data in every run


def main() -> None:
    values = _values()
    start = time.process_time()
    redactor = Redactor(values)
    print(f"built for {len(values)} values in {(time.process_time() - start) * 1000:.0f} ms")  # noqa: T201
    print(f"{'output':34} {'MB/s':>6} {'plain search':>13} {'ratio':>6}")  # noqa: T201
    for name, data in _outputs(list(values.values())):
        ours, plain = _in_turn(data, redactor)
        print(f"{name:34} {ours:6.0f} {plain:13.0f} {plain / ours:6.1f}")  # noqa: T201


def _in_turn(data: bytes, redactor: Redactor) -> tuple[float, float]:
    """Return the megabytes a second of both, the best of some rounds."""
    pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
    best = [0.0, 0.0]
    for _ in range(ROUNDS):
        for side, job in enumerate((redactor.fresh().feed, _search)):
            best[side] = max(best[side], len(data) / 1e6 / _seconds(job, pieces))
    return best[0], best[1]


def _seconds(job: Callable[[bytes], object], pieces: Iterable[bytes]) -> float:
    start = time.process_time()
    for piece in pieces:
        job(piece)
    return time.process_time() - start


def _search(piece: bytes) -> int:
    return piece.find(NEEDLE)


def _values() -> dict[str, str]:
    values = {}
    letters = string.ascii_letters + string.digits
    for number in range(10):
        lines = "\n".join(_random(letters + "+/", 64) for _ in range(25))
        key = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
        values[f"URL_{number}"] = f"postgres://app:{_random(letters, 24)}%40x@db{number}.example.org:5432/app"
        values[f"JSON_{number}"] = json.dumps({"project_id": "app", "private_key": key, "key_id": _random(letters, 40)})
        values[f"HEADER_{number}"] = f"Bearer {_random(letters, 40)}"
        quoted = f"'{_random(letters + '+/=%$', 30)}'"
        values[f"LINES_{number}"] = f"HOST=localhost\nexport PASSWORD={_random(letters, 20)}\nAPI_KEY={quoted}\n"
        values[f"CONNECTION_{number}"] = f"Server=tcp:db,1433;User ID=sa;Password={_random(letters, 20)};Encrypt=true"
    return values


def _outputs(values: list[str]) -> Iterable[tuple[str, bytes]]:
    words = [_random(string.ascii_lowercase, chance.randint(2, 9)) for _ in range(3000)]

    def line() -> str:
        return (
            f"2026-11-26T19:06:{chance.random() * 60:06.3f}Z INFO app.http id={_random(string.hexdigits, 16)} "
            + " ".join(chance.choices(words, k=10))
        )

    yield "log", _filled(line)
    yield "log with indented lines", _filled(lambda: f"{line()}\n    {line()}")
    yield (
        "log with a value in 1 of 100 lines",
        _filled(lambda: line() + " " + chance.choice([*values[:1], *["end"] * 99])),
    )
    yield "log in colours", _filled(lambda: line().replace("INFO", "\x1b[32mINFO\x1b[0m"))
    yield "JSON", _filled(lambda: f'{{"at": "{chance.random()}", "message": "{line()}", "ok": true}}')
    yield "base64", _filled(lambda: _random(string.ascii_letters + string.digits + "+/", 76))
    yield "log with a value in every line", _filled(lambda: f"{line()} {chance.choice(values)}")
    yield "nothing but values", _filled(lambda: chance.choice(values))
    yield "nothing but beginnings of values", _filled(lambda: " ".join(value[:20] + "~" for value in values))


def _filled(line: Callable[[], str]) -> bytes:
    lines = "\n".join(line() for _ in range(2000)).encode()
    return (lines * (SIZE // len(lines) + 1))[:SIZE]


def _random(alphabet: str, length: int) -> str:
    return "".join(chance.choices(alphabet, k=length))


if __name__ == "__main__":
    main()
