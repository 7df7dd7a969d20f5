"""The admin under themes, each in a process of its own: a theme changes Django's admin for good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("theme", ["jazzmin", pytest.param("unfold", marks=pytest.mark.nightly)])
def test_every_page_works_under_a_theme(theme: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.themes.walk"],
        cwd=ROOT,
        env=os.environ | {"THEME": theme, "HOST_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
