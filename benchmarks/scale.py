"""What PostgreSQL pays for a request when the tables are large, beside the same requests when they are small.

One user gets 5,600 projects with a million secrets, and the audit log two million events. The rows are copies of the
small data, made by SQL. Prints PostgreSQL's processor time of each request before and after, and exits with 1 if one
grew by more than it may. Takes about fifteen minutes, and 5 GB.
"""

from __future__ import annotations

# ruff: noqa: S608  (the names are those of our models)
import sys
from collections.abc import Mapping

import psycopg

from benchmarks.bench import jobs, servers
from benchmarks.bench.load import measure
from benchmarks.bench.stage import Stage, prepared

PROJECTS_OF_THE_USER = 5_600
SECRETS_OF_A_PROJECT = 178
EVENTS = 2_000_000
SMALL_PROJECTS = 40
CONNECTIONS = 4
SECONDS = 5
MOST = {"get": 1.3, "list of 50": 1.3, "environment of 50": 1.3, "audit page of 100": 1.3, "create": 1.5}


def main() -> None:
    """Measure, fill, measure again, compare."""
    with prepared(SMALL_PROJECTS) as stage:
        small = database_microseconds(stage)
        _say("making the tables large")
        fill(stage)
        large = database_microseconds(stage)
    ratios = {name: large[name] / small[name] for name in MOST}
    for name, most in MOST.items():
        _say(f"{name:20} {small[name]:7.0f} µs {large[name]:7.0f} µs  {ratios[name]:.2f} times (at most {most:g})")
    sys.exit(any(ratios[name] > most for name, most in MOST.items()))


def database_microseconds(stage: Stage) -> Mapping[str, float]:
    """Return PostgreSQL's processor time of each job's request, in microseconds; all of them are the same user's."""
    found = {}
    with servers.site(stage) as site:
        for job in jobs.JOBS:
            if job.name in MOST:
                requests = [each for each in job.requests(stage) if _is_of_first_user(stage, each)]
                point = measure(site, requests, connections=CONNECTIONS, seconds=SECONDS, warm_up=SECONDS)
                _say(f"{job.name}: {point.database_cpu * 1e6:.0f} µs, {point.rate:.0f}/s, others {point.foreign:.0%}")
                found[job.name] = point.database_cpu * 1e6
    return found


def fill(stage: Stage) -> None:
    """Copy rows until the tables have their size; the ciphertexts of the copies do not open, and nothing asks."""
    from projects.models import Membership, Project
    from secrets_app.models import AuditEvent, Secret

    user = "(SELECT id FROM auth_user WHERE username = 'user0')"
    number = "generate_series(1, {})".format
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE copied AS SELECT gen_random_uuid() AS id FROM " + number(PROJECTS_OF_THE_USER))
        one = f"(SELECT * FROM {Project._meta.db_table} LIMIT 1) AS model, copied"
        connection.execute(_copy(Project, one, id="copied.id"))
        one = f"(SELECT * FROM {Membership._meta.db_table} WHERE user_id = {user} LIMIT 1) AS model, copied"
        connection.execute(_copy(Membership, one, id=_new_id(Membership), project_id="copied.id"))
        one = f"(SELECT * FROM {Secret._meta.db_table} LIMIT 1) AS model, copied, {number(SECRETS_OF_A_PROJECT)} AS n"
        connection.execute(_copy(Secret, one, id="gen_random_uuid()", project_id="copied.id", name="'S' || n"))
        # Spread over the time and the projects, as those of a site are.
        many = f"(SELECT * FROM {AuditEvent._meta.db_table} WHERE event = 'secret.created' LIMIT 1) AS model"
        place = f"(SELECT array_agg(id) AS ids FROM copied) AS them, {number(EVENTS)} AS n"
        of_project = f"them.ids[1 + n % {PROJECTS_OF_THE_USER}]"
        connection.execute(
            _copy(AuditEvent, f"{many}, {place}", id="uuidv7(-n * interval '1 s')", project_id=of_project)
        )
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


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
