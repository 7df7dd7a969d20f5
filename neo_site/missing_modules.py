"""What to do about a Python module that is missing. Imports nothing that could be missing itself."""

from __future__ import annotations

import os
import sys


def told(error: ModuleNotFoundError) -> str:
    """Return which module is missing, and what to do."""
    named = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if f"{named}.".startswith(f"{error.name}."):
        return f"Python has no module {error.name!r}. Correct DJANGO_SETTINGS_MODULE, or remove it."
    return f"Python has no module {error.name!r}. Run: {sys.executable} -m pip install -r requirements.txt"
