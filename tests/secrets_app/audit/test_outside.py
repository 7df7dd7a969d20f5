"""Checkpoints outside of the database: written while blocks are made, to a file or a URL; a lost end is found."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, Never

import pytest
from django.core.management import CommandError, call_command

from secrets_app.audit import outside
from secrets_app.audit.chaining import writable_events
from secrets_app.checks.settings import checkpoints_have_a_place
from secrets_app.models import AuditBlock
from tests.secrets_app.audit.chains import add


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(db: None, tmp_path: Path, settings: Any) -> Path:
    """The file of checkpoints, which is not there yet."""
    settings.SECRETS_APP = settings.SECRETS_APP | {"CHECKPOINTS": str(tmp_path / "checkpoints")}
    return tmp_path / "checkpoints"


def chain(*counts: int) -> None:
    """Make a block of so many events each."""
    for count in counts:
        add(count)
        run("chain")


def lose_blocks(first: int) -> None:
    """As a failover that loses commits: what is left is whole."""
    writable_events().filter(block__gte=first).delete()
    AuditBlock.objects.filter(sequence__gte=first).delete()


def sequences(file: Path) -> list[int]:
    return [json.loads(line)["sequence"] for line in file.read_text().splitlines()]


def test_each_block_has_a_line_in_a_private_file(file: Path) -> None:
    chain(2, 3)
    run("chain")
    assert sequences(file) == [1, 2]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    macs = [bytes(mac).hex() for mac in AuditBlock.objects.order_by("sequence").values_list("mac", flat=True)]
    assert [json.loads(line)["mac"] for line in file.read_text().splitlines()] == macs


def test_blocks_from_before_the_setting_are_added(file: Path, settings: Any) -> None:
    place = settings.SECRETS_APP
    settings.SECRETS_APP = place | {"CHECKPOINTS": ""}
    chain(1, 1)
    assert not file.exists()
    settings.SECRETS_APP = place
    chain(1)
    assert sequences(file) == [1, 2, 3]


def test_verification_compares_with_the_file_and_names_the_first_lost_block(file: Path) -> None:
    chain(1, 1, 1, 1)
    assert "Complete: yes" in run("verify")
    lose_blocks(2)
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("audit", "verify", stdout=out)
    assert ended.value.returncode == 1
    lost = "checkpoint: block 2, the first of 3, is missing; the end of the audit log was cut off"
    assert f"Complete: NO, 1 findings.\n  {lost}\n" in out.getvalue()


def test_an_end_that_was_lost_and_grew_again_is_found(file: Path) -> None:
    chain(1, 1, 1)
    kept = file.read_text()
    lose_blocks(2)
    add(2)
    with pytest.raises(CommandError, match="The audit log has lost its end: block 3 was made, and is missing"):
        run("chain")
    assert file.read_text() == kept
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("audit", "verify", f"--against={file}", stdout=out)
    assert "checkpoint: block 3 is missing; the end of the audit log was cut off\n" in out.getvalue()
    assert "checkpoint: block 2 differs from the block of the checkpoint\n" in out.getvalue()
    add(1)
    with pytest.raises(CommandError, match="block 3 was made, and is another one now"):
        run("chain")
    assert file.read_text() == kept


def test_a_lost_end_does_not_stop_the_chain(file: Path) -> None:
    chain(1, 1)
    lose_blocks(2)
    add(1)
    with pytest.raises(CommandError):
        run("chain")
    assert list(AuditBlock.objects.values_list("sequence", flat=True)) == [1, 2]
    file.rename(file.with_name("kept"))
    run("chain")
    assert sequences(file) == [1, 2]


@pytest.mark.parametrize(("content", "says"), [("{}\n", "something else than checkpoints"), ("{", "is not whole")])
def test_a_file_that_is_none_of_ours_is_left_alone(file: Path, content: str, says: str) -> None:
    file.write_text(content)
    add(1)
    with pytest.raises(CommandError, match=says):
        run("chain")
    assert file.read_text() == content


def test_a_file_that_cannot_be_written_is_named(file: Path) -> None:
    file.mkdir()
    add(1)
    with pytest.raises(CommandError, match=rf"{file}.*\(Is a directory\)"):
        run("chain")
    assert AuditBlock.objects.count() == 1


class Stopped(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_a_process_goes_on_and_appends_later(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each step is one pause of the command, and what happens meanwhile."""
    file.mkdir()
    add(1)

    def mend() -> None:
        file.rmdir()
        add(1)

    def end() -> Never:
        raise Stopped

    steps = [mend, end]
    monkeypatch.setattr(time, "sleep", lambda _: steps.pop(0)())
    with pytest.raises(Stopped):
        run("chain", "--every", "10")
    assert "audit.checkpoints_wait" in caplog.text
    assert sequences(file) == [1, 2]


@pytest.fixture
def received(db: None, settings: Any) -> Iterator[list[tuple[str, bytes]]]:
    """The requests that reached the URL of the settings, which answers 201, and 302 or 500 at these paths."""
    requests: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            status = {"/302": 302, "/500": 500}.get(self.path, 201)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    settings.SECRETS_APP = settings.SECRETS_APP | {"CHECKPOINTS": f"http://127.0.0.1:{server.server_port}/taken"}
    yield requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_gets_the_new_blocks(received: list[tuple[str, bytes]]) -> None:
    chain(1, 1)
    run("chain")
    assert [(path, json.loads(body)["sequence"]) for path, body in received] == [("/taken", 1), ("/taken", 2)]
    # What it has is not here to compare with.
    assert "Complete: yes" in run("verify")


@pytest.mark.parametrize("status", [302, 500])
def test_a_url_that_takes_nothing_is_told_without_its_address(
    status: int, received: list[tuple[str, bytes]], settings: Any
) -> None:
    url = settings.SECRETS_APP["CHECKPOINTS"].replace("taken", str(status))
    settings.SECRETS_APP = settings.SECRETS_APP | {"CHECKPOINTS": url}
    add(1)
    with pytest.raises(CommandError, match=rf"did not take the checkpoints \(status {status}\)") as refusal:
        run("chain")
    assert url not in str(refusal.value)
    assert [path for path, _ in received] == [f"/{status}"]


def test_what_a_url_did_not_take_is_sent_again(received: list[tuple[str, bytes]], settings: Any) -> None:
    keeper = outside.UrlKeeper(settings.SECRETS_APP["CHECKPOINTS"].replace("taken", "500"))
    add(1)
    settings.SECRETS_APP = settings.SECRETS_APP | {"CHECKPOINTS": ""}
    run("chain")
    for _ in range(2):
        with pytest.raises(outside.NotKept):
            keeper.keep()
    assert len(received) == 2


@pytest.mark.parametrize(
    ("place", "ids"),
    [
        *[(place, []) for place in ("", "/var/log/neo/checkpoints", "https://example.org/x")],
        *[
            (place, ["secrets_app.E024"])
            for place in ("checkpoints", "http://example.org/x", "ftp://example.org", "https://[")
        ],
    ],
)
def test_only_a_path_from_the_root_and_https_are_places(place: str, ids: list[str], settings: Any) -> None:
    settings.SECRETS_APP = settings.SECRETS_APP | {"CHECKPOINTS": place}
    assert [message.id for message in checkpoints_have_a_place()] == ids
