"""A rotation that is killed while the site serves: everything opens at all times, and the next run ends it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from tests.live.site import ROOT, Site, prepared_site

# The actions' own tests break off a rotation at each step; `make test-faults` also kills some while clients write.
pytestmark = pytest.mark.nightly

SECRETS = 50


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = prepared_site(tmp_path / "data")
    site.start()
    yield site
    assert site.stop() == 0


def names_that_open(client: httpx.Client) -> set[str]:
    page = client.get("/api/v1/secrets", params={"limit": 2 * SECRETS}).json()
    return {secret["name"] for secret in page["results"] if secret["is_readable"]}


def killed_after(site: Site, line: str, *arguments: str) -> None:
    """Start the rotation, and kill it when it has printed `line`."""
    command = [sys.executable, "-u", "manage.py", "rotate_keys", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=site.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for printed in process.stdout:
            if printed.startswith(line):
                process.kill()
    assert process.returncode == -9


def what_opens_in_a_new_process(site: Site) -> str:
    """Whether that is everything, and the states of the data keys. The process has no data key in its memory."""
    program = (
        "from secrets_app.models import DataKey, Secret; from secrets_app import vault\n"
        "print(len([vault.open_value(row) for row in Secret.objects.all()]) == Secret.objects.count(),"
        " sorted(set(DataKey.objects.values_list('state', flat=True))))"
    )
    return site.manage("shell", "--no-imports", "--command", program).strip()


def test_killed_while_it_replaces_data_keys(site: Site) -> None:
    with site.client("member") as member:
        drafts = [{"name": f"S{number}", "value": f"value-number-{number}-0123456789"} for number in range(SECRETS)]
        assert member.post("/api/v1/secrets/batch", json={"secrets": drafts}).status_code == 201
        names = names_that_open(member)
        assert len(names) >= SECRETS
        arguments = ("--data-keys", "--before", timezone.now().isoformat(), "--batch-size", "1")
        for line in ("Wrapped by", "New data keys", "Versions sealed anew"):
            # Before it destroys it waits, so that it is alive whenever the signal comes.
            killed_after(site, line, *arguments, "--grace", "600")
            assert names_that_open(member) == names
            assert member.post(
                "/api/v1/secrets", json={"name": f"AFTER_{line[0]}", "value": "one more value"}
            ).is_success
            names.add(f"AFTER_{line[0]}")
        assert "Nothing is left to do." in site.manage("rotate_keys", *arguments, "--grace", "0")
        assert names_that_open(member) == names
    assert httpx.get(f"{site.url}/readyz").json()["keyring"] is True
    assert what_opens_in_a_new_process(site) == "True ['active', 'destroyed']"
