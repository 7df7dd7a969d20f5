"""What PostgreSQL pays for a request when the tables are large, beside the same requests when they are small.

One user gets 5,600 projects with a million secrets, and the audit log two million events, of which a twentieth are
deletions of projects. The rows are copies of the small data, made by SQL. Prints PostgreSQL's processor time of each
request before and after, and exits with 1 if one grew by more than it may. QUICK=1 makes a hundredth of the rows, to
see that this works, and judges nothing.
"""

from __future__ import annotations

# ruff: noqa: S608  (the names are those of our models)
import os
import sys
from collections.abc import Mapping

import psycopg

from benchmarks.bench import jobs, servers
from benchmarks.bench.load import measure
from benchmarks.bench.stage import Stage, prepared

PROJECTS_OF_THE_USER = 5_600
SECRETS_OF_A_PROJECT = 178
EVENTS = 1_900_000
DELETIONS = 100_000
SMALL_PROJECTS = 400
CONNECTIONS = 4
SECONDS = 3
WARM_UP = 2
# What others do on the machine makes a request dearer and never cheaper, so the least of some rounds counts.
ROUNDS = 5
MOST = {"get": 1.3, "list of 50": 1.3, "environment of 50": 1.3, "audit page of 100": 1.3, "create": 1.5}
QUICK = 100


def main() -> None:
    """Measure, fill, measure again, compare."""
    share = QUICK if os.environ.get("QUICK", "") not in ("", "0") else 1
    with prepared(SMALL_PROJECTS) as stage:
        small = database_microseconds(stage)
        _say("making the tables large")
        _say(fill(stage, share))
        large = database_microseconds(stage)
    ratios = {name: large[name] / small[name] for name in MOST}
    _say("\n| request | small | large | ratio | at most |\n| --- | --- | --- | --- | --- |")
    for name, most in MOST.items():
        _say(f"| {name} | {small[name]:.0f} µs | {large[name]:.0f} µs | {ratios[name]:.2f} | {most:g} |")
    # Small tables are planned for in other ways, so a share of the rows judges nothing.
    sys.exit(share == 1 and any(ratios[name] > most for name, most in MOST.items()))


def database_microseconds(stage: Stage) -> Mapping[str, float]:
    """Return PostgreSQL's processor time of each job's request, in microseconds; all of them are the same user's.

    Raises SystemExit if a request is refused, which costs less than one that is answered.
    """
    found: dict[str, list[float]] = {name: [] for name in MOST}
    with servers.site(stage) as site:
        for job in [job for job in jobs.JOBS if job.name in MOST] * ROUNDS:
            requests = [each for each in job.requests(stage) if _is_of_first_user(stage, each)]
            point = measure(site, requests, connections=CONNECTIONS, seconds=SECONDS, warm_up=WARM_UP)
            if point.failed:
                raise SystemExit(f"{job.name}: {point.failed} requests failed.")
            _say(f"{job.name}: {point.database_cpu * 1e6:.0f} µs, {point.rate:.0f}/s, others {point.foreign:.0%}")
            found[job.name].append(point.database_cpu * 1e6)
            if job.name == "create":
                _delete_created(stage)
    return {name: min(each) for name, each in found.items()}


def _delete_created(stage: Stage) -> None:
    """Delete what was created, since to create one more costs what the owner has: that is not what grows here."""
    from secrets_app.models import Secret

    table = Secret._meta.db_table
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        projects = [each.id for each in stage.written]
        statement = f"DELETE FROM {table} WHERE project_id = ANY(%s::uuid[]) AND name <> ALL(%s)"
        connection.execute(statement, [projects, stage.written[0].secret_names])
        connection.execute(f"VACUUM {table}")


def fill(stage: Stage, share: int = 1) -> str:
    """Copy rows until the tables have their size, or a share of it, and return how many there are then.

    The ciphertexts of the copies do not open, and nothing asks.
    """
    from projects.models import Membership, Project
    from secrets_app.models import AuditEvent, Secret

    user = "(SELECT id FROM auth_user WHERE username = 'user0')"
    number = "generate_series(1, {})".format
    projects = PROJECTS_OF_THE_USER // share
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE copied AS SELECT gen_random_uuid() AS id FROM " + number(projects))
        one = f"(SELECT * FROM {Project._meta.db_table} LIMIT 1) AS model, copied"
        connection.execute(_copy(Project, one, id="copied.id"))
        one = f"(SELECT * FROM {Membership._meta.db_table} WHERE user_id = {user} LIMIT 1) AS model, copied"
        connection.execute(_copy(Membership, one, id=_new_id(Membership), project_id="copied.id"))
        one = f"(SELECT * FROM {Secret._meta.db_table} LIMIT 1) AS model, copied, {number(SECRETS_OF_A_PROJECT)} AS n"
        connection.execute(_copy(Secret, one, id="gen_random_uuid()", project_id="copied.id", name="'S' || n"))
        # Spread over the time, the projects and what they tell of, as those of a site are.
        many = f"(SELECT * FROM {AuditEvent._meta.db_table} WHERE event = 'secret.created' LIMIT 1) AS model"
        of_site = {"id": "uuidv7(-n * interval '1 s')", "request_id": "gen_random_uuid()"}
        created = f"{many}, (SELECT array_agg(id) AS ids FROM copied) AS them, {number(EVENTS // share)} AS n"
        of_project = {"project_id": f"them.ids[1 + n % {projects}]", "subject_id": "gen_random_uuid()"}
        connection.execute(_copy(AuditEvent, created, **of_site, **of_project))
        gone = f"{many}, (SELECT n, gen_random_uuid() AS id FROM {number(DELETIONS // share)} AS n) AS gone"
        of_project = {"event": "'project.deleted'", "project_id": "gone.id", "subject_id": "gone.id"}
        connection.execute(_copy(AuditEvent, gone, **of_site, **of_project))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        return ", ".join(_counted(connection, model) for model in (Project, Secret, AuditEvent))


def _counted(connection: psycopg.Connection, model: type) -> str:
    table = model._meta.db_table  # type: ignore[attr-defined]
    found = connection.execute(f"SELECT count(*), pg_size_pretty(pg_total_relation_size('{table}')) FROM {table}")
    (count, size) = found.fetchone() or (0, "")
    return f"{count:,} rows of {table} ({size})"


def _copy(model: type, source: str, **changed: str) -> str:
    """Return an INSERT of rows of `model` with these columns changed."""
    names = [field.column for field in model._meta.concrete_fields]  # type: ignore[attr-defined]
    values = ", ".join(changed.get(name, f'model."{name}"') for name in names)
    into = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {model._meta.db_table} ({into}) SELECT {values} FROM {source}"  # type: ignore[attr-defined]


def _new_id(model: type) -> str:
    return f"nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))"  # type: ignore[attr-defined]


def _is_of_first_user(stage: Stage, request: jobs.Request) -> bool:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    first = stage.read[0].access_token
    return token in {first, *(each.task_token for each in stage.read if each.access_token == first)}


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
