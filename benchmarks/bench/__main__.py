"""The command of `make bench`.

QUICK=1 takes two minutes, on a tenth of the data; BAO=1 runs OpenBao, too. Prints a table; a whole run also writes it
to `benchmarks/RESULTS.md`. Exits with 1 if a target is missed or others used the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.bench import openbao, servers, singles
from benchmarks.bench.jobs import JOBS, Job
from benchmarks.bench.load import Target, measure, measure_in_turns
from benchmarks.bench.report import AT_MANY, RESULTS, Line, Report
from benchmarks.bench.sameness import require_same_answers
from benchmarks.bench.stage import Stage, prepared
from benchmarks.bench.statements import statements_of


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    projects: int
    seconds: int
    warm_up: int
    connections: tuple[int, ...]


WHOLE = Plan(projects=400, seconds=12, warm_up=6, connections=(1, AT_MANY))
QUICK = Plan(projects=40, seconds=6, warm_up=6, connections=(AT_MANY,))
WITHOUT_FLOOR = ("sign-in",)


def main() -> None:
    """Measure everything and print the report."""
    if shutil.which("wrk") is None:
        sys.exit("make bench needs wrk: apt-get install wrk")
    is_quick = _is_on("QUICK")
    report = measured(QUICK if is_quick else WHOLE, with_openbao=_is_on("BAO"))
    print(report.text())  # noqa: T201
    if not is_quick:
        RESULTS.write_text("\n".join(["# Results of `make bench`", "", *map(_wrapped, report.text().splitlines()), ""]))
    sys.exit(bool(report.complaints()))


def measured(plan: Plan, *, with_openbao: bool) -> Report:
    """Return what was measured; say on the way what is being measured."""
    report = Report()
    _say("filling the database")
    with prepared(plan.projects) as stage:
        report.singles["start to the first 200 of /readyz"] = singles.start(stage)
        with servers.site(stage) as site, servers.floor(stage) as floor:
            report.singles["resident memory of a worker, fresh"] = singles.memory(site)
            for job in JOBS:
                report.lines += _lines(plan, stage, job, site, floor)
            report.singles["resident memory of a worker, after all jobs"] = singles.memory(site)
        _say("rotation")
        report.singles["new data keys"] = singles.rotation(stage)
    if plan is WHOLE:
        _say("SQLite")
        report.singles["lists of 50 on SQLite, beside writers"] = singles.sqlite()
    _say("redaction")
    report.singles["redaction"] = singles.redaction()
    if with_openbao:
        _say("OpenBao")
        with openbao.running() as (target, requests):
            for name, each in requests.items():
                point = measure(target, each, connections=AT_MANY, seconds=plan.seconds, warm_up=plan.warm_up)
                report.openbao[name] = point
    return report


def _wrapped(line: str) -> str:
    """Return the line in the width of the documentation; rows of tables stay whole."""
    return line if line.startswith("|") else textwrap.fill(line, 118)


def _lines(plan: Plan, stage: Stage, job: Job, site: Target, floor: Target) -> Iterator[Line]:
    requests = job.requests(stage)
    if job.name not in WITHOUT_FLOOR:
        require_same_answers(job.name, requests[0], site, floor)
    statements = statements_of(stage, site, requests[:8])
    for connections in plan.connections:
        _say(f"{job.name} at {connections}")
        targets = [site] if job.name in WITHOUT_FLOOR else [site, floor]
        points = measure_in_turns(
            targets, requests, connections=connections, seconds=plan.seconds, warm_up=plan.warm_up
        )
        yield Line(job.name, connections, *points, least=job.least, statements=statements)


def _is_on(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
