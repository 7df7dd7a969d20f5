"""Limits under requests at the same moment, over the two processes of a real site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.limits import redis_url
from tests.live.parallel import at_once
from tests.live.site import NO_TLS, TWO_WORKERS, Site, prepared_site

LIMIT = 20
# At once: three for each thread of the site. With more, some wait in its queue until nobody waits for SQLite's lock any
# longer, and then what is known counts: a request or two more than the limit.
AT_ONCE = 12
ROUNDS = 4
FAILURES = 5
LIMITS = {"NEO_THROTTLE_USER": f"{LIMIT}/day", "NEO_SIGN_IN_NAME_FAILURES": f"{FAILURES}/day"}


IN_THE_DATABASE = pytest.param(lambda: "dbcache://", id="database")
IN_REDIS = pytest.param(redis_url, id="redis", marks=pytest.mark.once)


@pytest.fixture(scope="module", params=[IN_THE_DATABASE, IN_REDIS])
def limited(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of two processes with small limits."""
    directory = tmp_path_factory.mktemp("limited") / "data"
    site = prepared_site(directory, CACHE_URL=request.param(), **LIMITS, **TWO_WORKERS)
    site.start()
    yield site
    assert site.stop() == 0, site.output.read_text()


def test_no_more_requests_pass_at_once_than_the_limit(limited: Site) -> None:
    headers = limited.headers("member")

    def ask() -> int:
        return httpx.get(f"{limited.url}/api/v1/secrets", headers=headers, timeout=300, verify=NO_TLS).status_code

    answers = Counter(answer for _ in range(ROUNDS) for answer in at_once([ask] * AT_ONCE))

    assert answers == {200: LIMIT, 429: ROUNDS * AT_ONCE - LIMIT}


def test_no_more_passwords_are_tried_at_once_than_the_limit(limited: Site) -> None:
    credentials = {"username": "viewer", "password": "wrong"}

    def guess() -> int:
        address = f"{limited.url}/api/v1/auth/token"
        answer = httpx.post(address, json=credentials, timeout=300, verify=NO_TLS)
        # Where the disk is slow, SQLite's lock is not to be had in time. Whoever is told so tries again.
        while answer.status_code == 503:
            answer = httpx.post(address, json=credentials, timeout=300, verify=NO_TLS)
        return answer.status_code

    answers = Counter(answer for _ in range(2) for answer in at_once([guess] * AT_ONCE))

    assert answers == {401: FAILURES, 429: 2 * AT_ONCE - FAILURES}
