"""What clients were told while processes died, and whether the database agrees with it afterwards.

Each writer has secrets of its own, so it knows what there must be. What got no answer, or 503, may have been done or
not; but it is done whole, and once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import httpx

from tests.live.site import Site

BATCH = 10
# Without pauses, a writer on a busy machine waits for SQLite's lock longer than a request may.
SECONDS_BETWEEN = 0.01
NO_ANSWER = 0
ENVIRONMENT = "/api/v1/runtime/environment"
STORED = """
import json
from secrets_app import vault
from secrets_app.models import AuditEvent, Secret, SecretVersion
values = {}
for row in [*Secret.objects.all(), *SecretVersion.objects.select_related("secret")]:
    secret = row if row.is_current else row.secret
    of_secret = values.setdefault(str(secret.pk), {})
    of_secret[row.version] = [row.is_current, secret.name, vault.open_value(row).reveal()]
columns = ("event", "subject_id", "data")
print(json.dumps([values, list(AuditEvent.objects.values_list(*columns))]))
"""


def value_of(name: str, version: int) -> str:
    return f"the value of {name} in version {version}, and of no other one"


@dataclass
class Kept:
    """A secret whose creation was acknowledged."""

    name: str
    versions: set[int]
    """Those that may be the current one; empty if it must be gone."""
    may_be_gone: bool = False


@dataclass
class Ledger:
    """What all writers were told."""

    kept: dict[str, Kept] = field(default_factory=dict)
    """By the id of the secret."""
    events: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """What was acknowledged, as event, subject and version: each has one audit event."""
    revoked: list[str] = field(default_factory=list)
    """Tokens of tasks whose grant was revoked."""
    statuses: Counter[int] = field(default_factory=Counter)
    wrong_answers: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def acknowledged(self) -> int:
        return self.events.total()


class Writer:
    """A client that makes secrets, changes, uses and deletes them, and writes down what it was told."""

    def __init__(self, ledger: Ledger, client: httpx.Client, number: int) -> None:
        self._ledger, self._client, self._number = ledger, client, number

    def work_until(self, stop: Event) -> None:
        cycle = 0
        while not stop.wait(SECONDS_BETWEEN):
            cycle += 1
            self._make_several(f"W{self._number}_{cycle}")
            self._live_and_die(f"W{self._number}_{cycle}", is_deleted=cycle % 2 == 0)

    def _ask(self, method: str, path: str, body: Any = None, **how: Any) -> httpx.Response | None:
        """Return the answer; None where it is unknown what was done."""
        try:
            answer = self._client.request(method, path, json=body, **how)
        except httpx.TransportError:
            self._count(NO_ANSWER)
            return None
        self._count(answer.status_code)
        return None if answer.status_code == 503 else answer

    def _count(self, status: int) -> None:
        with self._ledger.lock:
            self._ledger.statuses[status] += 1

    def _note(self, event: str, subject: str, version: int = 0) -> None:
        with self._ledger.lock:
            self._ledger.events[event, subject, version] += 1

    def _make_several(self, name: str) -> None:
        names = [f"{name}_{number}" for number in range(BATCH)]
        body = {"secrets": [{"name": each, "value": value_of(each, 1)} for each in names]}
        answer = self._ask("POST", "/api/v1/secrets/batch", body)
        for made in [] if answer is None else answer.json()["results"]:
            self._keep(made["id"], made["name"])

    def _keep(self, secret_id: str, name: str) -> Kept:
        kept = Kept(name, {1})
        with self._ledger.lock:
            self._ledger.kept[secret_id] = kept
        self._note("secret.created", secret_id)
        return kept

    def _live_and_die(self, name: str, *, is_deleted: bool) -> None:
        answer = self._ask("POST", "/api/v1/secrets", {"name": name, "value": value_of(name, 1)})
        if answer is None:
            return
        secret_id = answer.json()["id"]
        kept = self._keep(secret_id, name)
        self._change(secret_id, kept)
        if len(kept.versions) == 1:
            self._use(kept)
        if is_deleted:
            self._delete(secret_id, kept)

    def _change(self, secret_id: str, kept: Kept) -> None:
        answer = self._ask("PATCH", f"/api/v1/secrets/{secret_id}", {"value": value_of(kept.name, 2)})
        kept.versions = {1, 2} if answer is None else {2}
        if answer is not None:
            self._note("secret.updated", secret_id, 2)

    def _use(self, kept: Kept) -> None:
        asked = {"secrets": [kept.name], "include_default": False}
        grant = self._ask("POST", "/api/v1/task-grants", asked)
        if grant is None:
            return
        grant_id, token = grant.json()["id"], grant.json()["token"]
        self._note("grant.created", grant_id)
        used = self._ask("POST", ENVIRONMENT, headers={"Authorization": f"Bearer {token}"})
        if used is not None:
            self._note("environment.exposed", grant_id, 1)
            expected = {kept.name: value_of(kept.name, max(kept.versions))}
            self._expect(used.json().get("environment") == expected, f"{kept.name}: another value was given out")
        if self._ask("DELETE", f"/api/v1/task-grants/{grant_id}") is not None:
            self._note("grant.revoked", grant_id)
            self._ledger.revoked.append(token)

    def _delete(self, secret_id: str, kept: Kept) -> None:
        answer = self._ask("DELETE", f"/api/v1/secrets/{secret_id}")
        kept.may_be_gone = True
        if answer is not None:
            kept.versions = set()
            self._note("secret.deleted", secret_id)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._ledger.wrong_answers.append(otherwise)


@dataclass(frozen=True)
class Reckoning:
    """How what is stored differs from what was told."""

    lost: list[str]
    wrong: list[str]
    """Values that are not those of their secret and version, and secrets that came back."""
    unrecorded: list[str]
    recorded_twice: list[str]
    found_without_answer: int

    @property
    def is_even(self) -> bool:
        return not (self.lost or self.wrong or self.unrecorded or self.recorded_twice)


def reckon(ledger: Ledger, site: Site) -> Reckoning:
    """Compare what the clients were told with all that is stored."""
    values, events = json.loads(site.manage("shell", "--no-imports", "--command", STORED))
    current = {key: _current(versions) for key, versions in values.items()}
    lost = [kept.name for key, kept in ledger.kept.items() if key not in current and not kept.may_be_gone]
    wrong = [kept.name for key, kept in ledger.kept.items() if key in current and current[key] not in kept.versions]
    wrong += [
        name
        for versions in values.values()
        for version, (_, name, value) in versions.items()
        if value != value_of(name, int(version))
    ]
    recorded = Counter(
        (event, subject, _number(event, data))
        for event, subject, data in events
        if event in {"secret.created", "secret.updated", "secret.deleted", *_of_grants()}
    )
    due = set(ledger.events) | {("secret.created", key, 0) for key in values}
    due |= {("secret.updated", key, 2) for key, version in current.items() if version == 2}
    return Reckoning(
        lost=lost,
        wrong=wrong,
        unrecorded=[str(each) for each in due if each not in recorded],
        recorded_twice=[str(each) for each, count in recorded.items() if count > 1],
        found_without_answer=len(values.keys() - ledger.kept.keys()),
    )


def _of_grants() -> Collection[str]:
    return ("grant.created", "grant.revoked", "environment.exposed")


def _current(versions: dict[str, tuple[bool, str, str]]) -> int:
    return max(int(version) for version, (is_current, _, _) in versions.items() if is_current)


def _number(event: str, data: dict[str, Any]) -> int:
    """Return what tells events of one subject apart: the version, or the use."""
    names = {"secret.updated": "version", "environment.exposed": "use"}
    return int(data[names[event]]) if event in names else 0
