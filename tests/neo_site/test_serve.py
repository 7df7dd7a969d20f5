"""What prevents a start, and is told in a sentence: files, sockets and limits of the system. See also `tests/live`."""

from __future__ import annotations

import errno
import resource
import sys
from pathlib import Path
from typing import Any, Never

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site import serve, static_files
from neo_site.configuration.metrics import metrics_token
from neo_site.configuration.server import server
from neo_site.failures import FILE_REMEDIES, told
from tests.cast import CANARY

pytestmark = pytest.mark.once

TOKEN = "metrics-token-of-the-tests-0123456789"


def env(**variables: str) -> FileAwareEnv:
    given = FileAwareEnv()
    given.ENVIRON = variables
    return given


def failing_with(error: Exception) -> Any:
    def fail() -> Never:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"), "Name one in TMPDIR"),
        (OSError(errno.EMFILE, "Too many open files"), "Raise the limit on open files"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "/x: Permission denied. Correct the path"),
        (ValueError(CANARY), "This is a fault of the site: ValueError"),
    ],
)
def test_whatever_prevents_a_start_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str) -> None:
    monkeypatch.setattr(serve, "_run", failing_with(error))
    with pytest.raises(SystemExit) as ended:
        serve.main()
    assert str(ended.value).startswith("Refusing to start: ")
    assert sentence in str(ended.value)
    assert CANARY not in str(ended.value)
    monkeypatch.setattr(sys, "argv", ["serve", "--traceback"])
    with pytest.raises(type(error)):
        serve.main()


def test_what_keeps_static_files_from_being_collected_is_told_once(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(static_files, "collect", failing_with(OSError(errno.ENOSPC, "No space left", "/static")))
    with pytest.raises(SystemExit) as ended, serve._collecting():
        pass
    assert capfd.readouterr().err == "Refusing to start: /static: No space left. " + FILE_REMEDIES[errno.ENOSPC] + "\n"
    assert ended.value.code == "Refusing to start: The static files were not collected."


@pytest.mark.parametrize("number", FILE_REMEDIES)
def test_each_limit_of_the_system_has_its_remedy(number: int) -> None:
    assert told(OSError(number, "It failed")).startswith("It failed. ")
    assert "permissions" not in told(OSError(number, "It failed"))


@pytest.mark.parametrize("most", [0, 16, serve.LEAST_FILES - 1])
def test_too_few_files_are_refused(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    with pytest.raises(SystemExit, match=f"It may open {most} files, and needs {serve.LEAST_FILES} or more"):
        serve._require_files()


@pytest.mark.parametrize("most", [serve.LEAST_FILES, resource.RLIM_INFINITY])
def test_enough_files_are_accepted(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, most))
    serve._require_files()


def test_the_path_of_a_unix_socket_has_the_limit_of_linux() -> None:
    assert server(env(NEO_BIND="unix:/" + 106 * "x")).socket == Path("/" + 106 * "x")
    with pytest.raises(ImproperlyConfigured, match="longer than the 107 bytes"):
        server(env(NEO_BIND="unix:/" + 107 * "x"))
    with pytest.raises(ImproperlyConfigured, match="longer than the 107 bytes"):
        server(env(NEO_BIND="unix:/" + 54 * "ä"))


def test_figures_need_a_directory_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert metrics_token(env(NEO_METRICS_TOKEN=TOKEN)) == TOKEN
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "nowhere"))
    assert metrics_token(env()) == ""
    with pytest.raises(ImproperlyConfigured, match=r"PROMETHEUS_MULTIPROC_DIR: .*/nowhere is no directory"):
        metrics_token(env(NEO_METRICS_TOKEN=TOKEN))
