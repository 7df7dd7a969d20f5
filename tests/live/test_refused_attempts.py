"""What two processes have refused is in the audit once they have ended, each attempt counted once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import httpx

from tests.live.parallel import at_once
from tests.live.site import NO_TLS, TWO_WORKERS, prepared_site

ATTEMPTS = 40
CANARY = "canary-of-a-credential"


def test_each_refused_attempt_is_counted_when_the_site_has_ended(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "site", **TWO_WORKERS)
    site.start()

    def ask() -> int:
        headers = {"Authorization": f"Bearer {CANARY}"}
        return httpx.get(f"{site.url}/api/v1/secrets", headers=headers, timeout=30, verify=NO_TLS).status_code

    assert at_once([ask] * ATTEMPTS) == [401] * ATTEMPTS
    assert site.stop() == 0
    exported = site.manage("audit", "export")
    entries = map(json.loads, exported.splitlines())
    times: Counter[str] = Counter()
    for refused in [entry for entry in entries if entry.get("outcome") == "denied"]:
        times[refused["event"]] += refused["data"]["times"]
    assert times == {"credential.refused": ATTEMPTS}
    assert CANARY not in exported
    assert "audit.denials_waiting" not in site.output.read_text()
