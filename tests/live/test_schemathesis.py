"""The served OpenAPI document against the live site: what it promises holds, and what it forbids is refused.

`make test-faults` runs it whole, and `make test` a sample: fewer requests, but a good one to each operation in both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.live.faults import WHOLE, Figure
from tests.live.site import ROOT, Site
from tests.openapi import plain_document

# The conventions of HTTP are the same on both, and PostgreSQL is the stricter one.
pytestmark = pytest.mark.once

PROGRAM = str(Path(sys.executable).parent / "schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# Every value at its limits, and beyond them, makes 2,300 requests. A sample: three kinds of body, one with an address.
SAMPLE = """
[[operations]]
exclude-operation-id = ["createSecret", "signIn", "updateMember"]
phases.coverage.enabled = false
"""
EXAMPLES = "60" if WHOLE else "1"
TIMEOUT_SECONDS = 3_600
DEVICE_CODE = "approved-by-the-examiner"
# Approved as its user does on a page, and for longer than a whole run lasts.
APPROVE = f"""
from datetime import timedelta
from django.contrib.auth import get_user_model
from neo_base.access.actors import Origin
from neo_site.signin.devices import actions
actions.LIFETIME = timedelta(days=1)
waiting = actions.ask(device_code={DEVICE_CODE!r}, user_code="EXAMINED", client="neo", origin=Origin())
examiner = get_user_model().objects.get(username="examiner")
actions.answer(waiting=waiting, user=examiner, is_approved=True)
"""
USERS = ("examiner", "colleague", "leaver")


def statuses(answers: Path) -> Counter[tuple[str, str]]:
    """Count what tests/live/working_data.py wrote: operation and status of each answer."""
    return Counter((operation, status) for operation, status in map(str.split, answers.read_text().splitlines()))


# It changes the site under it, and so cannot run twice there.
@pytest.mark.flaky(reruns=0)
def test_every_check_passes_and_every_operation_succeeds(site: Site, tmp_path: Path, figure: Figure) -> None:
    site.add_users(*USERS)
    site.manage("shell", "--no-imports", "--command", APPROVE)
    configuration, answers = tmp_path / "schemathesis.toml", tmp_path / "answers"
    configuration.write_text(CONFIGURATION.read_text() + ("" if WHOLE else SAMPLE))
    known = {"url": site.url, "output": str(site.output), "answers": str(answers)}
    known["device_code"] = DEVICE_CODE
    known["password"] = site.password_of("examiner")
    hooks = {"SCHEMATHESIS_HOOKS": "tests.live.working_data", "PYTHONPATH": str(ROOT)}
    header = f"Authorization: {site.headers('examiner')['Authorization']}"
    command = [PROGRAM, "--no-color", "--config-file", str(configuration), "run", f"{site.url}/api/openapi.json"]
    command += ["-H", header, "--checks", "all", "--max-examples", EXAMPLES, "--generation-database", "none"]
    run = subprocess.run(
        [*command, "--continue-on-failure"],
        cwd=tmp_path,
        env=os.environ | hooks | {"NEO_TEST_EXAMINATION": json.dumps(known)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"(\d+) generated, \1 passed", run.stdout), run.stdout
    seen = statuses(answers)
    documented = {each["operationId"] for methods in plain_document()["paths"].values() for each in methods.values()}
    assert {operation for operation, status in seen if status.startswith("2")} == documented
    assert [status for _, status in seen if status.startswith("5")] == []
    figure("schemathesis", f"{seen.total()} requests, {len(documented)} operations, each seen with 2xx, none with 5xx")
