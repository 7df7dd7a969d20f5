"""The ASGI application as servers load it: inside of a running event loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.site import prepared_site

pytestmark = pytest.mark.once

LOAD = """
import asyncio, importlib
async def main(): return importlib.import_module("neo_site.asgi").application
print(type(asyncio.run(main())).__name__)
"""


def test_it_loads_and_looks_at_its_keys(tmp_path: Path) -> None:
    site = prepared_site(tmp_path / "data")
    assert site.python("-c", LOAD).strip() == "ASGIHandler"
    site.manage(
        "shell",
        "--no-imports",
        "--command",
        "from secrets_app.master_keys import *; ensure_check_value(*key_provider().key_ids)",
    )
    (site.directory / "master.keys").unlink()
    site.python("-m", "neo_site.keys", str(site.directory))
    refused = site.attempt("-c", LOAD)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Refusing to start: ")
