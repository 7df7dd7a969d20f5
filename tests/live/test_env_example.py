"""`.env.example` names every setting, and is no configuration by itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.site import ROOT, environment

pytestmark = pytest.mark.once

EXAMPLE = ROOT / ".env.example"
NAME = r"(NEO_[A-Z_]+|DATABASE_URL|CACHE_URL)"


def named_in_the_code() -> set[str]:
    sources = (path.read_text() for path in (ROOT / "neo_site").rglob("*.py"))
    return {name for source in sources for name in re.findall(f'"{NAME}"', source)}


def test_it_names_exactly_the_variables_that_the_site_reads() -> None:
    named = set(re.findall(f"^#?{NAME}=", EXAMPLE.read_text(), re.MULTILINE))
    assert {name.removesuffix("_FILE") for name in named} == {
        name.removesuffix("_FILE") for name in named_in_the_code()
    }


def test_a_site_does_not_start_with_the_unchanged_example(tmp_path: Path) -> None:
    given = dict(re.findall(f"^{NAME}=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    run = subprocess.run(
        [sys.executable, "-m", "neo_site.wsgi"],
        cwd=ROOT,
        env=environment(tmp_path, **given),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("Refusing to start: ")
