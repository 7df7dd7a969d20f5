"""A redactor shows none of the values that it holds, and needs no Django."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_app.redaction import Redactor, TextRedactor
from tests.cast import CANARY

ROOT = Path(__file__).resolve().parents[3]
KINDS = [Redactor, TextRedactor]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("show", [str, repr, "{}".format, "%r".__mod__, ascii])
def test_str_and_repr_show_no_value(kind: type, show: Callable[[Any], str]) -> None:
    assert CANARY not in show(kind({"A": CANARY}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spill", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars, bytes, iter, len])
def test_a_redactor_cannot_be_copied_pickled_or_opened(kind: type, spill: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as error:
        spill(kind({"A": CANARY}))
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("piece", [CANARY, None, 5, [CANARY]])
def test_a_piece_of_the_wrong_type_is_refused_without_its_text(piece: Any) -> None:
    with pytest.raises(TypeError) as error:
        Redactor({"A": CANARY}).feed(piece)
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("value", [CANARY.encode(), None, 5, [CANARY]])
def test_a_value_of_the_wrong_type_is_refused_by_name(value: Any) -> None:
    with pytest.raises(TypeError, match="The value of WRONG must be a str") as error:
        Redactor({"A": CANARY, "WRONG": value})
    assert CANARY not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("module", ["redaction", "redaction.references"])
def test_redaction_works_without_django(module: str) -> None:
    """Import it in a process that cannot import Django, DRF or any part of a site."""
    code = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "rest_framework", "projects", "neo_base", "neo_site"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import secrets_app.{module}
print(sorted(name for name in sys.modules if name.startswith("secrets_app")))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"secrets_app.{module}" in done.stdout
    assert "secrets_app.models" not in done.stdout
