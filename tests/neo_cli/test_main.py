"""How `neo` ends when it has a bug itself, and when the reader of its output is gone."""

from __future__ import annotations

import pytest

import neo_cli.commands.login
from neo_cli.exits import Exit
from tests.neo_cli.command import Neo


def test_bug_is_one_line_without_traceback_or_message(fresh: Neo, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("canary-value")

    monkeypatch.setattr(neo_cli.commands.login, "open_transport", fail)
    result = fresh("login", "--server", fresh.site.url, "-u", "member", "--password-stdin", stdin="x")
    assert result.code == Exit.SOFTWARE
    assert "RuntimeError at " in result.err
    assert "canary" not in result.err
    assert "Traceback" not in result.err


def test_closed_output_ends_quietly(neo: Neo) -> None:
    with neo.start("secrets", "list", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (Exit.OUTPUT_CLOSED, b"")
