"""Does the time of a refusal tell whether a user exists? `python -m benchmarks.sign_in_timing [TRIES]`.

Refuses sign-in TRIES times (100 by default) each for an unknown user, a wrong password and an inactive user, in turn,
so that what else the machine does falls on all three alike. The whole request is timed, in this process, with the real
password hasher; limits are counted but out of reach. Prints the medians and how far they are apart; ends with 1 when
that is more than 10 %.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TOLERANCE = 0.10
WARM_UP = 5


def prepare(directory: Path) -> None:
    """A site of its own in `directory`, or on the database that DATABASE_URL names."""
    from neo_site.keys import make_key_files

    make_key_files(directory)
    limits = ("NEO_THROTTLE_ADDRESS", "NEO_SIGN_IN_NAME_FAILURES", "NEO_SIGN_IN_ADDRESS_FAILURES")
    os.environ |= {"NEO_PROFILE": "development", "NEO_DATA_DIR": str(directory), "NEO_LOG_LEVEL": "ERROR"}
    os.environ |= dict.fromkeys(limits, "999999999/day") | {"NEO_ALLOWED_HOSTS": "testserver"}
    os.environ.setdefault("CACHE_URL", "dbcache://")
    os.environ["DJANGO_SETTINGS_MODULE"] = "neo_site.settings"

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def cases() -> dict[str, dict[str, str]]:
    """The credentials of each case; makes the users."""
    from django.contrib.auth import get_user_model

    password = "a password that is right"
    names = {name: f"timing-{os.getpid()}-{name}" for name in ("active", "inactive", "unknown")}
    for name in ("active", "inactive"):
        user: Any = get_user_model()._default_manager
        user.create_user(names[name], password=password, is_active=name == "active")
    return {
        "unknown user": {"username": names["unknown"], "password": password},
        "wrong password": {"username": names["active"], "password": "a password that is not"},
        "inactive user": {"username": names["inactive"], "password": password},
    }


def measure(tries: int) -> dict[str, float]:
    """Milliseconds, the median of each case."""
    from django.test import Client

    client, credentials = Client(), cases()
    times: dict[str, list[float]] = {name: [] for name in credentials}
    for _ in range(WARM_UP + tries):
        for name, body in credentials.items():
            begun = time.perf_counter()
            answer = client.post("/api/v1/auth/token", body, content_type="application/json")
            times[name].append((time.perf_counter() - begun) * 1_000)
            if answer.status_code != 401:
                sys.exit(f"{name} was answered {answer.status_code}.")
    return {name: statistics.median(values[WARM_UP:]) for name, values in times.items()}


def main() -> None:
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as directory:
        prepare(Path(directory))
        medians = measure(tries)
        from django.db import connections

        connections.close_all()
    first = next(iter(medians.values()))
    for name, median in medians.items():
        sys.stdout.write(f"{name:<15}{median:8.2f} ms  {median / first:6.3f}\n")
    apart = max(medians.values()) / min(medians.values()) - 1
    sys.stdout.write(f"apart by {apart:.1%}, {tries} tries each\n")
    sys.exit(int(apart > TOLERANCE))


if __name__ == "__main__":
    main()
