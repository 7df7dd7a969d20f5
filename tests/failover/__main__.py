"""Runs the faults and prints what clients saw and what was lost: `make test-failover`, with MODE, FAULT and DATABASE.

Exits with 0 if nothing was lost and every bound was kept, with 3 if acknowledged writes were lost, otherwise with 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.failover.cluster import Cluster, wait_until
from tests.failover.comparison import done_in_doubt, losses
from tests.failover.faults import FAULTS, Fault
from tests.failover.ledger import Ledger, longest_gap
from tests.failover.load import CUT, Load
from tests.failover.nodes import Nodes
from tests.failover.programs import find_programs

BROKEN, LOST = 1, 3
MODES = "sync", "async"
# How nodes reach the primary: through HAProxy, or by an address that names all members.
WAYS = "haproxy", "hosts"
# What clients do before the fault and after it, so that both are in the figures.
CALM_SECONDS = 3.0
HEALTHY_SECONDS = 90.0
# One of them begins with each fault.
TIMERS = (
    *("clear_expired_sessions", "audit verify", "clear_expired_grants", "secrets verify", "clear_ended_invitations"),
    *("audit checkpoint", "clearsessions"),
)
COLUMNS = "{:36} {:>9} {:>9} {:>9} {:>6} {:>15} {:>5}  {}"


@dataclass(frozen=True)
class Outcome:
    """What one fault did."""

    fault: Fault
    promoted: float | None
    gap: float
    read_gap: float
    lost: dict[str, int]
    ledger: Ledger
    done_in_doubt: int
    timer: str
    """What a command for timers, begun with the fault, has to say against it; empty if it ended with 0."""

    def broken(self) -> Iterator[str]:
        """Yield what is not as promised, beside what is lost."""
        if self.gap > self.fault.longest_gap:
            yield f"gap of {self.gap:.1f} s, longer than {self.fault.longest_gap:.0f} s"
        for answer, times in self.ledger.wrong.items():
            yield f"{times} x {answer}"
        if (cut := self.ledger.statuses()[CUT]) and not self.fault.cuts:
            yield f"{cut} requests without an answer"
        if self.timer:
            yield self.timer
        if self.ledger.conflicts:
            yield f"{self.ledger.conflicts} x 409 after an own 503"

    def __str__(self) -> str:
        promoted = "-" if self.promoted is None else f"{self.promoted:.1f} s"
        doubt = f"{self.ledger.in_doubt} ({self.done_in_doubt} done)"
        statuses = ", ".join(f"{times} x {status}" for status, times in sorted(self.ledger.statuses().items()))
        lost = sum(self.lost.values())
        gaps = f"{self.gap:.1f} s", f"{self.read_gap:.1f} s"
        return COLUMNS.format(self.fault.says, promoted, *gaps, self.ledger.acknowledged(), doubt, lost, statuses)


class Run:
    """A cluster with its load, on which the faults strike one after the other."""

    def __init__(self, directory: Path, *, is_synchronous: bool, by_hosts: bool) -> None:
        self._is_synchronous = is_synchronous
        self._timers = cycle(TIMERS)
        self.cluster = Cluster(directory, find_programs())
        self.nodes = Nodes(directory, self.cluster, by_hosts=by_hosts)

    def start(self) -> None:
        self.cluster.start(is_synchronous=self._is_synchronous)
        self.cluster.create_database()
        self.nodes.start()
        tokens = self.nodes.sign_in()
        self._project, members = self.nodes.make_project(tokens["owner"])
        self.load = Load(self.nodes.url, tokens, self._project, members)
        self.load.start()

    def strike(self, fault: Fault) -> Outcome:
        time.sleep(CALM_SECONDS)
        began = time.monotonic()
        job = next(self._timers)
        command = self.nodes.begin(*job.split())
        promoted = fault.strike(self.cluster, self.nodes)
        wait_until(self.cluster.is_whole, "the cluster is whole again", HEALTHY_SECONDS)
        time.sleep(CALM_SECONDS)
        ended = time.monotonic()
        ledger = self.load.pause()
        try:
            address = self.cluster.address("postgres", "neo")
            gap = longest_gap(ledger.write_times, began, ended)
            read_gap = longest_gap(ledger.read_times, began, ended)
            lost = losses(ledger, address, self._project)
            command.communicate(timeout=HEALTHY_SECONDS)
            timer = f"{job} ended with {command.returncode}" if command.returncode else ""
            return Outcome(fault, promoted, gap, read_gap, lost, ledger, done_in_doubt(ledger, address), timer)
        finally:
            self.load.go_on()

    def end(self) -> Iterator[str]:
        """End the load; yield what the audit log and its chain have to say against the run."""
        self.load.end()
        if not self.nodes.chain_lives():
            yield "audit chain --every has ended"
        yield from self._doctor()
        for job in ("chain", "verify"):
            command = self.nodes.begin("audit", job)
            said, failed = command.communicate()
            _say(said.strip())
            if command.returncode:
                yield f"audit {job}: status {command.returncode}: {failed.strip().splitlines()[-1:]}"

    def _doctor(self) -> Iterator[str]:
        """Print what doctor says of the cluster; yield what it should have said."""
        command = self.nodes.begin("doctor")
        said, _ = command.communicate()
        lines = [line for line in said.splitlines() if line.split()[1] in ("hosts", "commits", "standbys", "limits")]
        _say("\n".join(lines))
        if command.returncode:
            yield f"doctor: status {command.returncode}: {said}"
        if any("no commit waits" in line for line in lines) == self._is_synchronous:
            yield "doctor does not tell a cluster that loses from one that does not"

    def stop(self) -> None:
        self.nodes.stop()
        self.cluster.stop()


def main() -> int:
    mode = os.environ.get("MODE") or "sync"
    names = [name for name in os.environ.get("FAULT", "").split(",") if name] or list(FAULTS)
    way = os.environ.get("DATABASE") or "haproxy"
    if mode not in MODES or way not in WAYS or not set(names) <= FAULTS.keys():
        sys.exit(f"MODE is one of {MODES}, DATABASE one of {WAYS}, and FAULT some of: {', '.join(FAULTS)}")
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT):
        # So that whoever ends the run ends the cluster, too.
        signal.signal(number, lambda *_: sys.exit(BROKEN))
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="neo-failover-"))
        # PostgreSQL has a user of its own.
        directory.chmod(0o711)
        run = Run(directory, is_synchronous=mode == "sync", by_hosts=way == "hosts")
        stack.callback(run.stop)
        run.start()
        _say(f"{mode}, {way}: three members, two nodes and their clients run after {time.monotonic() - began:.0f} s")
        code = _strike_all(run, [FAULTS[name] for name in names])
    _say(f"Ended after {time.monotonic() - began:.0f} s with {code}. Logs: {directory}")
    if not code:
        shutil.rmtree(directory)
    return code


def _strike_all(run: Run, faults: list[Fault]) -> int:
    _say(COLUMNS.format("fault", "promoted", "gap", "read gap", "acked", "in doubt", "lost", "answers"))
    outcomes, broken = [], []
    for fault in faults:
        outcome = run.strike(fault)
        outcomes.append(outcome)
        _say(str(outcome))
        for kind, count in outcome.lost.items():
            _say(f"    LOST: {count} {kind}")
        for text in outcome.broken():
            broken.append(text)
            _say(f"    BROKEN: {text}")
    for text in run.end():
        broken.append(text)
        _say(f"    BROKEN: {text}")
    lost = sum(sum(outcome.lost.values()) for outcome in outcomes)
    acknowledged = sum(outcome.ledger.acknowledged() for outcome in outcomes)
    _say(f"Lost: {lost} of {acknowledged} acknowledged writes.")
    return LOST if lost else BROKEN if broken else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
