"""Clients: eight who write, two who read, one whose tasks are revoked, one who removes members."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from threading import Event, Thread, current_thread
from typing import Any

import httpx

from tests.failover.ledger import Ledger

WRITERS, READERS = 8, 2
PAUSE_SECONDS = 0.05
RETRY_SECONDS = 0.5
CLIENT_SECONDS = 20.0
TLS = ssl._create_unverified_context()  # noqa: S323  (the certificate of the run is its own)
CUT = "cut"
"""In place of a status: no answer came."""


@dataclass(frozen=True)
class Answer:
    status: str
    body: dict[str, Any]

    @property
    def is_clear(self) -> bool:
        """Whether the client knows what became of its request."""
        return self.status not in ("503", CUT)


class Client:
    """A client with a connection of its own. It notes every answer in the ledger of the moment."""

    def __init__(self, load: Load, kind: str, token: str) -> None:
        self._load, self._kind, self._token = load, kind, token
        self._http = self._connected()

    def send(
        self, method: str, path: str, body: Any = None, *, key: str = "", token: str = "", expected: int = 0
    ) -> Answer:
        """Send one request. Only the `expected` status is right beside those that every client may see."""
        ledger = self._load.ledger
        headers = {"Authorization": f"Bearer {token or self._token}"} | ({"Idempotency-Key": key} if key else {})
        try:
            answer = self._http.request(method, f"/api/v1/{path}", json=body, headers=headers)
        except httpx.TransportError:
            self._http.close()
            self._http = self._connected()
            with ledger.lock:
                ledger.answers[self._kind][CUT] += 1
            return Answer(CUT, {})
        with ledger.lock:
            ledger.answers[self._kind][str(answer.status_code)] += 1
            if answer.status_code != expected and (fault := _fault_of(answer)):
                ledger.wrong[f"{method} {path.partition('/')[0]}: {fault}"] += 1
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(str(answer.status_code), answer.json() if is_json and answer.content else {})

    def make(self, path: str, body: dict[str, Any]) -> tuple[Answer, bool, datetime]:
        """Send a POST with one key until the answer is clear; return it, if it was the first, and when it began."""
        key = str(uuid.uuid4())
        for number in count():
            began = datetime.now(UTC)
            answer = self.send("POST", path, body, key=key)
            if answer.is_clear or self._load.is_ended:
                return answer, number == 0, began
            with self._load.ledger.lock:
                self._load.ledger.in_doubt += 1
            time.sleep(RETRY_SECONDS)
        raise AssertionError

    def _connected(self) -> httpx.Client:
        return httpx.Client(base_url=self._load.url, verify=TLS, timeout=CLIENT_SECONDS)


def _fault_of(answer: httpx.Response) -> str:
    """Return what is wrong with an answer that no client should see; empty if nothing is."""
    if answer.is_success or answer.status_code == 409:
        return ""
    if answer.status_code != 503:
        return f"{answer.status_code} {answer.text[:80]}"
    is_problem = answer.headers.get("Content-Type") == "application/problem+json" and "Retry-After" in answer.headers
    return "" if is_problem else f"503 {answer.headers.get('Content-Type')}"


class Load:
    """All clients, which pause while the ledger is compared with the database."""

    def __init__(self, url: str, tokens: dict[str, str], project: str, members: list[tuple[int, str]]) -> None:
        self.url, self.ledger = url, Ledger()
        self.is_ended = False
        self._runs = Event()
        steps: list[Iterator[None]] = [_write(self, tokens[f"writer{number}"], number) for number in range(WRITERS)]
        steps += [_read(self, tokens[f"writer{number}"]) for number in range(READERS)]
        steps += [_use_and_revoke(self, tokens["tasks"]), _remove_members(self, tokens["owner"], project, members)]
        self._threads = [Thread(target=self._drive, args=(each,), daemon=True) for each in steps]
        self._rests = [Event() for _ in steps]
        self._errors: list[BaseException] = []

    def start(self) -> None:
        self._runs.set()
        for thread in self._threads:
            thread.start()

    def pause(self) -> Ledger:
        """Let every client finish its step; return the ledger, in place of which a new one begins."""
        self._runs.clear()
        for rest in self._rests:
            assert rest.wait(120), "A client does not end its step."
        self.raise_errors()
        ledger, self.ledger = self.ledger, Ledger()
        return ledger

    def go_on(self) -> None:
        for rest in self._rests:
            rest.clear()
        self._runs.set()

    def end(self) -> None:
        self.is_ended = True
        self._runs.set()
        for thread in self._threads:
            thread.join(60)

    def raise_errors(self) -> None:
        for error in self._errors:
            raise error

    def _drive(self, steps: Iterator[None]) -> None:
        rest = self._rests[self._threads.index(current_thread())]
        try:
            while not self.is_ended:
                if not self._runs.is_set():
                    rest.set()
                    self._runs.wait()
                    continue
                next(steps)
                time.sleep(PAUSE_SECONDS)
        except BaseException as error:  # noqa: BLE001  (raised again by the run)
            self._errors.append(error)
            rest.set()


def _write(load: Load, token: str, number: int) -> Iterator[None]:
    """Create a secret; give every second one a new value; delete every fourth."""
    client = Client(load, "writer", token)
    for turn in count():
        yield from _create(load, client, f"W{number}_{turn}", turn)


def _create(load: Load, client: Client, name: str, turn: int) -> Iterator[None]:
    made, is_first, began = client.make("secrets", {"name": name, "value": f"value of {name}"})
    ledger = load.ledger
    with ledger.lock:
        if made.status == "201":
            ledger.created[made.body["id"]] = began
            ledger.write_times.append(time.monotonic())
        elif made.status == "409":
            ledger.conflicts += not is_first
            ledger.wrong[f"409 {made.body.get('code')}"] += 1
    yield
    if made.status == "201" and turn % 2:
        _change(load, client, made.body["id"])
        yield
    if made.status == "201" and turn % 4 == 1:
        _delete(load, client, made.body["id"])
        yield


def _change(load: Load, client: Client, secret: str) -> None:
    answer = client.send("PATCH", f"secrets/{secret}", {"value": "another value"})
    with load.ledger.lock:
        if answer.status == "200":
            load.ledger.versions[secret] = answer.body["version"]
        load.ledger.in_doubt += not answer.is_clear


def _delete(load: Load, client: Client, secret: str) -> None:
    answer = client.send("DELETE", f"secrets/{secret}")
    with load.ledger.lock:
        (load.ledger.deleted if answer.status == "204" else load.ledger.perhaps_deleted).add(secret)
        load.ledger.in_doubt += not answer.is_clear


def _read(load: Load, token: str) -> Iterator[None]:
    client = Client(load, "reader", token)
    while True:
        if client.send("GET", "secrets?limit=10").status == "200":
            load.ledger.read_times.append(time.monotonic())
        yield


def _use_and_revoke(load: Load, token: str) -> Iterator[None]:
    """Give a task one secret, let it fetch it, revoke the grant; then nothing may come any more."""
    client, anybody = Client(load, "tasks", token), Client(load, "revoked", token)
    client.make("secrets", {"name": "OF_TASKS", "value": "value of tasks"})
    while True:
        made, *_ = client.make("task-grants", {"secrets": ["OF_TASKS"], "ttl": 600})
        if made.status != "201":
            # Made, and its token was lost on the way.
            for grant in made.body.get("errors", {}).get("id", []):
                client.send("DELETE", f"task-grants/{grant}")
            yield
            continue
        grant, task = made.body["id"], made.body["token"]
        used = client.send("POST", "runtime/environment", token=task)
        with load.ledger.lock:
            load.ledger.uses[grant] += used.status == "200"
            load.ledger.in_doubt += not used.is_clear
        revoked = client.send("DELETE", f"task-grants/{grant}")
        with load.ledger.lock:
            load.ledger.in_doubt += not revoked.is_clear
        if revoked.status == "204":
            with load.ledger.lock:
                load.ledger.revoked.add(grant)
            _try_revoked(load, anybody, task)
        yield


def _try_revoked(load: Load, client: Client, task: str) -> None:
    answer = client.send("POST", "runtime/environment", token=task, expected=401)
    with load.ledger.lock:
        load.ledger.used_after_revocation += answer.status == "200"


def _remove_members(load: Load, token: str, project: str, members: list[tuple[int, str]]) -> Iterator[None]:
    """Add a member and remove them again; one whose removal is in doubt is left alone."""
    client = Client(load, "owner", token)
    for user, name in members:
        made, *_ = client.make(f"projects/{project}/members", {"username": name, "role": "member"})
        yield
        if made.status == "201":
            removed = client.send("DELETE", f"projects/{project}/members/{user}")
            with load.ledger.lock:
                load.ledger.in_doubt += not removed.is_clear
                if removed.status == "204":
                    load.ledger.removed.add(user)
        yield
    while True:
        yield
