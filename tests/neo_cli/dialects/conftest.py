from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest

from tests.neo_cli.dialects.readers import Engine, Node


@pytest.fixture(scope="session")
def node(pytestconfig: pytest.Config) -> Iterator[Node]:
    """Start node with the parsers of `package.json`, which are installed once into pytest's cache."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("No node and npm on this machine.")
    started = Node(pytestconfig.cache.mkdir("neo-node"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    if not shutil.which("docker"):
        pytest.skip("No docker command on this machine.")
    with Engine() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
