"""How long and how often faults last: `make test-faults` sets NEO_TEST_FAULTS=whole, and `make test` runs samples."""

from __future__ import annotations

import os
from collections.abc import Callable

WHOLE = os.environ.get("NEO_TEST_FAULTS") == "whole"

Figure = Callable[[str, object], None]
"""`figure(subject, measured)` adds a line to what the run prints at its end; see the fixture."""
