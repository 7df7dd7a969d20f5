"""Check that the time of a refused sign-in does not tell whether a user exists.

Tries to sign in as an unknown user, with a wrong password and as an inactive user, in turn, so that a slow moment of
the machine affects all three. Times the whole request, in this process, with the real password hasher; limits are
counted, but too high to be reached. Prints the medians and how far apart they are; exits with 1 if that is more than
10 %. Run with `python -m benchmarks.sign_in_timing [TRIES]`; each case is tried 100 times by default.
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
    """Set up a site in `directory`, or on the database that DATABASE_URL names."""
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
    """Create the users; return the credentials of each case."""
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
    """Return the median of each case, in milliseconds."""
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
