from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import secrets_app.crypto

ROOT = Path(__file__).resolve().parents[3]
SHOW_DJANGO = "import sys, secrets_app.crypto; print([m for m in sys.modules if m.split('.')[0] == 'django'])"


def test_importing_the_package_imports_no_django() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW_DJANGO], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists_once() -> None:
    names = secrets_app.crypto.__all__
    assert all(hasattr(secrets_app.crypto, name) for name in names)
    assert len(set(names)) == len(names)
