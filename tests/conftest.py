"""The cast. `admin`, `member` and `viewer` belong to `project` in these roles; `stranger` belongs to nothing."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.signals import setting_changed
from django.db import connection, transaction
from django.dispatch import receiver
from django.utils import translation
from hypothesis import settings

from neo_base.access.actors import Actor
from neo_base.access.roles import Role
from neo_site.throttling.tally import tally
from projects.actions import add_member, remove_member
from projects.models import Project
from secrets_app.audit.refused_attempts import recorder
from tests import shared
from tests.cast import Api, ApiClient, make_project, make_user
from tests.emptying import emptied_quickly
from tests.live.faults import WHOLE

# No test has a time limit: the machine may be busy. In CI the examples are the same each time, so that it judges the
# change; the runs of developers search on.
settings.register_profile("neo", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("neo")

# A shell that starts the tests in the background has these ignored, and so would all that they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# What takes longest. Begun last, it would keep one process busy when the others have nothing left.
BEGUN_FIRST = ("tests/packaging/", "tests/live/", "tests/browser/", "tests/authorization/")

# What watches other processes, on cores that they share with the other tests. A failure there is tried once more, and
# listed at the end (`-rR`); whoever reads that list finds the tests that assume too much.
WATCH_PROCESSES = ("tests/live/", "tests/browser/", "tests/neo_cli/", "tests/packaging/")

# What a test asks for when it needs the database of its process; and folders whose tests have databases of their own.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}
WITH_OTHER_DATABASES = ("tests/live/", "tests/upgrades/")

# On SQLite `make test` runs these, and `make test-nightly` all others: on PostgreSQL each runs every time, and what is
# above the database is the same on both. These are what an operator of SQLite relies on, and what rests on how it
# stores, finds, orders, counts, locks, fails and comes back. CONTRIBUTING says so in a table.
EACH_TIME_ON_SQLITE = (
    # Over HTTP: the contract, requests at once, limits, a killed worker, a full disk, a held lock, a restored backup.
    "tests/live/test_acceptance.py",
    "tests/live/test_killed_worker.py",
    "tests/live/test_limits.py",
    "tests/live/test_no_writes.py",
    "tests/live/test_races.py",
    "tests/live/test_restore_drill.py::test_a_backup_under_load",
    "tests/live/test_stays_up.py::test_a_held_lock",
    "tests/live/test_task_races.py",
    # A database of an earlier release is migrated, and what was in it still counts.
    *(
        f"tests/upgrades/test_from_0_1_0.py::test_{what}"
        for what in (
            "a_later_event",
            "a_session_goes_on",
            "a_task_gets",
            "data_keys_are_rotated",
            "every_value_and_mask",
            "members_have_their_roles",
            "service_tokens_reach",
            "the_audit_log_verifies",
        )
    ),
    # Its files, transactions, locks, errors and counts.
    "tests/canary/test_database.py::test_a_day_of_use",
    "tests/neo_base/test_database_messages.py",
    "tests/neo_base/test_transactions.py",
    "tests/neo_site/backups/",
    "tests/neo_site/signin/test_actions.py",
    "tests/neo_site/signin/test_lockout.py::test_parallel_attempts",
    "tests/neo_site/signin/test_records.py",
    "tests/neo_site/sqlite/",
    "tests/neo_site/test_deadlines.py",
    "tests/neo_site/test_doctor.py",
    "tests/neo_site/throttling/test_caches.py",
    "tests/neo_site/throttling/test_counts.py",
    # Of what it holds: actions, names, lists and their order, cascades, the audit log, keys.
    "tests/projects/api/test_last_admin.py",
    "tests/projects/api/test_projects.py::test_projects_are_searched",
    "tests/projects/api/test_projects.py::test_the_list",
    "tests/projects/test_actions.py",
    "tests/secrets_app/actions/test_copies.py",
    "tests/secrets_app/actions/test_data_keys.py::TestTogether",
    "tests/secrets_app/actions/test_environments.py",
    "tests/secrets_app/actions/test_grants.py",
    "tests/secrets_app/actions/test_master_keys.py::TestTogether",
    "tests/secrets_app/actions/test_secrets.py",
    "tests/secrets_app/actions/test_task_secrets.py",
    "tests/secrets_app/admin/test_lists.py::test_each_count",
    "tests/secrets_app/admin/test_lists.py::test_the_attention_filter",
    "tests/secrets_app/admin/test_lists.py::test_the_audit_is_filtered",
    "tests/secrets_app/api/test_audit.py",
    "tests/secrets_app/api/test_cascades.py",
    "tests/secrets_app/api/test_idempotency.py",
    "tests/secrets_app/api/test_list.py",
    "tests/secrets_app/api/test_moves.py",
    "tests/secrets_app/api/test_unique_names.py",
    "tests/secrets_app/audit/test_chaining.py",
    "tests/secrets_app/audit/test_growth_bounds.py",
    "tests/secrets_app/audit/test_recording.py",
    "tests/secrets_app/audit/test_refused_attempts.py",
    "tests/secrets_app/management/",
    "tests/secrets_app/models/",
    "tests/secrets_app/test_indexes.py",
    "tests/secrets_app/test_statements.py",
    "tests/secrets_app/test_tampering.py",
    "tests/secrets_app/test_vault_data_keys.py",
    "tests/threats/test_failing_statements.py",
    "tests/threats/test_remains.py",
)
WAYS = ["quick", "plain"] if connection.vendor == "postgresql" else ["plain"]


@receiver(setting_changed)
def _forget_the_models_of_other_settings(setting: str, **_: Any) -> None:
    """Look for models anew when another one takes the place of our project, as Django does for AUTH_USER_MODEL.

    Otherwise whoever asks first, while a test has that setting, leaves a list without projects for all tests after it.
    """
    if setting == "SECRETS_APP_PROJECT_MODEL":
        apps.clear_cache()


def depends_on_the_database(item: pytest.Item) -> bool:
    """Return whether another database could change what the test sees."""
    asks = item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
    return bool(asks) or item.nodeid.startswith(WITH_OTHER_DATABASES)


def runs_at_night(test: str) -> bool:
    """Return whether a test runs at night only, on the database of this run."""
    return connection.vendor == "sqlite" and not test.startswith(EACH_TIME_ON_SQLITE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, unread, the files whose tests are all marked: reading all files takes seconds in each process."""
    if "not once" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    place = collection_path.relative_to(config.rootpath).as_posix()
    holds_some = any(each.startswith(f"{place}::") for each in EACH_TIME_ON_SQLITE)
    at_night = "not nightly" in config.option.markexpr and runs_at_night(place) and not holds_some
    return at_night or "\npytestmark = pytest.mark.once\n" in collection_path.read_text(encoding="utf-8") or None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without the garbage collector, and let it pass over them later: ten thousand cases stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# Around the other hooks: pytest looks at the markers afterwards, so that `-m "not once"` leaves these out, and
# pytest-randomly shuffles before the order is set.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark what no database can change, what runs at night and what may run again; begin with what takes longest."""
    for item in items:
        if not depends_on_the_database(item):
            item.add_marker(pytest.mark.once)
        if runs_at_night(item.nodeid) and not item.get_closest_marker("once"):
            item.add_marker(pytest.mark.nightly)
        if item.nodeid.startswith(WATCH_PROCESSES) and not WHOLE and not item.get_closest_marker("flaky"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    yield
    items.sort(key=lambda item: not item.nodeid.startswith(BEGUN_FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return one process more than there are cores, as some of them wait for a site that starts.

    Each one costs 30 s of processor time besides its tests: it collects all, migrates databases and starts sites.
    The Makefile names none for the half that runs beside the other: the tests run in the first process then.
    """
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """The database of the process, as pytest-django makes it."""
    with shared.tables_made_once() if shared.IS_SHARED else nullcontext():
        request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock(), emptied_quickly():
        yield


@pytest.fixture(autouse=True)
def _no_throttle_counts_from_other_tests() -> None:
    cache.clear()
    tally.clear()


@pytest.fixture(autouse=True)
def _no_language_of_other_tests() -> None:
    # Django's test client leaves the language of the last page on.
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_refused_attempts_of_other_tests() -> Iterator[None]:
    recorder.clear()
    yield
    # Or the process would write them at its end, wherever that may be.
    recorder.clear()


@pytest.fixture(scope="module")
def kept_for_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Keep what fixtures of the same scope write, until the module ends; what each test writes is undone after it.

    Nothing is ever committed, so no test of the module can use `transaction=True`.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(params=WAYS)
def each_way(request: pytest.FixtureRequest, settings: Any) -> str:
    """Run a test by the quick way, and again by the plain way; on SQLite, which has no quick way, only once."""
    settings.NEO_BASE = settings.NEO_BASE | {"QUICK_WAY": request.param == "quick"}
    return str(request.param)


@pytest.fixture
def admin(db: None) -> Any:
    return make_user("admin")


@pytest.fixture
def member(db: None) -> Any:
    return make_user("member")


@pytest.fixture
def viewer(db: None) -> Any:
    return make_user("viewer")


@pytest.fixture
def stranger(db: None) -> Any:
    return make_user("stranger")


@pytest.fixture
def staff(db: None) -> Any:
    """An operator without any Django permission."""
    return make_user("staff", is_staff=True)


@pytest.fixture
def superuser(db: None) -> Any:
    return make_user("superuser", is_staff=True, is_superuser=True)


@pytest.fixture
def project(admin: Any, member: Any, viewer: Any) -> Project:
    return make_project(admin, name="Alpha", member=Role.MEMBER, viewer=Role.VIEWER)


@pytest.fixture
def exmember(project: Project, admin: Any) -> Any:
    """Was a member of `project` until a moment ago."""
    user, actor = make_user("exmember"), Actor.from_user(admin)
    add_member(actor=actor, project_id=project.id, username="exmember", role=Role.MEMBER)
    remove_member(actor=actor, project_id=project.id, user_id=user.pk)
    return user


@pytest.fixture
def api() -> Api:
    """`api(user)` is a client signed in as that user; `api(None)` is nobody."""
    return ApiClient
