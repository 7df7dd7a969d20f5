"""Time of the pages for a project with 1,000 secrets, beside the admin's list of the same, on a real PostgreSQL.

Prints for each page the medians of the elapsed time and of the site's processor time, and the number of statements, as
`benchmarks.admin` does; and the bytes that a browser loads at its first visit. Run with `python -m benchmarks.pages`.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from benchmarks.admin import measure, report

SECRETS = 1_000
ALLOWED_BYTES = 100_000
ROOT = Path(__file__).resolve().parent.parent
OWN_FILES = ("style.css", "behaviour.js", "icon.svg")


def main() -> None:
    os.environ |= {"NEO_TEST_DATABASE": "postgresql", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    addresses = fill()
    slow = [name for name, *_ in filter(report, measure(addresses))]
    weight = weigh(addresses["first page"])
    print(f"{'the first page and its files':28} {weight:,} bytes")  # noqa: T201
    if slow or weight > ALLOWED_BYTES:
        sys.exit(f"Too much: {', '.join([*slow, *(['weight'] if weight > ALLOWED_BYTES else [])])}")


def fill() -> dict[str, str]:
    """Make a project with 1,000 secrets of the operator; return the addresses to measure."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.urls import reverse

    from neo_base.access.actors import Actor
    from projects.actions import create_project
    from secrets_app.actions.creation import Draft, create_secrets
    from secrets_app.owners import Owner
    from secrets_app.plaintext import Plaintext

    actor = Actor.from_user(get_user_model()._default_manager.create_superuser("operator"))
    project = create_project(actor=actor, name="Large")
    owner = Owner(project_id=project.pk)
    values = (Plaintext(f"value-{number:04}-abcdefghijkl") for number in range(SECRETS))
    drafts = [
        Draft(owner, f"KEY_{number:04}", value, default_available=number % 3 == 0)
        for number, value in enumerate(values)
    ]
    secrets = create_secrets(actor=actor, drafts=drafts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    listed = reverse("neo_pages:project_secrets", args=[project.pk])
    return {
        "home": reverse("neo_pages:home"),
        "first page": listed,
        "last page": f"{listed}?page=20",
        "searched": f"{listed}?search=key_07",
        "always on, changed last": f"{listed}?filter=always_on&order=-updated_at",
        "one secret": reverse("neo_pages:secret", args=[secrets[0].pk]),
        "admin, the same list": f"/admin/secrets_app/secret/?project__id__exact={project.pk}",
    }


def weigh(address: str) -> int:
    """Return the bytes of a page, with the files that it loads, as they are without compression."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model()._default_manager.get(username="operator"))
    files = (ROOT / "neo_pages" / "static" / "neo_pages" / name for name in OWN_FILES)
    return len(client.get(address).content) + sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    main()
