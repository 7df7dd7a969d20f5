"""Keys that belong to one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from neo_base.quick_way import way_taken
from secrets_app import master_keys, site_sealing, vault
from secrets_app.crypto import generate_key_line
from tests.secrets_app.task import make_task  # noqa: F401  (a fixture)

if TYPE_CHECKING:
    from tests.kms import Kms

UseKeys = Callable[..., None]
Ways = list[tuple[str, bool]]


def forget_keys() -> None:
    """Forget every master key, data key and lease, as in a process that has just started."""
    master_keys._load.cache_clear()
    vault._cipher.cache_clear()
    site_sealing._cipher.cache_clear()
    vault._leases = vault._Leases()
    vault._last_used.clear()


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    from tests.kms import Kms  # takes a second, and few tests need it

    running = Kms()
    yield running
    running.stop()


@pytest.fixture
def fresh_process() -> Iterator[None]:
    """Keep keys in memory neither from other tests nor for them."""
    forget_keys()
    yield
    forget_keys()


@pytest.fixture
def use_keys(fresh_process: None, settings: Any, tmp_path: Path) -> UseKeys:
    """`use_keys("a:…", "b:…")`: a new process with this key file, its first key active."""

    def use(*lines: str) -> None:
        file = tmp_path / "master.keys"
        file.write_text("\n".join(lines))
        file.chmod(0o600)
        settings.SECRETS_APP = settings.SECRETS_APP | {"KEY_PROVIDER": "file", "KEY_FILE": str(file)}
        forget_keys()

    return use


@pytest.fixture
def key_line() -> Callable[[str], str]:
    """`key_line("id")`: a new master key with this id."""
    return generate_key_line


@pytest.fixture
def ways() -> Iterator[Ways]:
    """The ways that were taken, in order."""
    taken: Ways = []

    def note(job: str, is_quick: bool, **_: Any) -> None:
        taken.append((job, is_quick))

    way_taken.connect(note)
    yield taken
    way_taken.disconnect(note)
