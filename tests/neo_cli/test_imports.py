"""Independence of the command from Django."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.live.site import ROOT

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(Path(ROOT / "neo_cli").rglob("*.py"))
]


def modules_loaded_by(statement: str) -> set[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_no_module_loads_django() -> None:
    loaded = modules_loaded_by("\n".join(f"import {module}" for module in MODULES))
    assert loaded & {"django", "rest_framework", "neo_site", "neo_base", "projects", "secrets_app.models"} == set()
