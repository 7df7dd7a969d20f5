"""Bodies are complete before anything else happens: in time, within bounds, whole or not at all."""

from __future__ import annotations

import asyncio

import pytest

from neo_base.rest.errors import BodyTimeout, BodyTooLarge, UnexpectedBody
from neo_site.serving import bodies
from neo_site.serving.bodies import Bodies, BodyCutOff, Disconnected
from tests.neo_site.serving.front import Headers, Protocol, Scope, posting

pytestmark = pytest.mark.once


def read(scope: Scope, *parts: bytes, seconds: float = 5.0) -> bytes:
    return asyncio.run(_read(scope, parts, seconds))


async def _read(scope: Scope, parts: tuple[bytes, ...], seconds: float) -> bytes:
    return await Bodies(seconds=seconds).read(scope, Protocol(parts or (b"",)))


@pytest.mark.parametrize("length", [10, None], ids=["declared", "chunked"])
def test_a_body_is_read_to_its_end(length: int | None) -> None:
    assert read(posting(length), b"hello", b"world", b"") == b"helloworld"


def test_a_large_body_is_read_in_parts() -> None:
    part = b"x" * bodies.SMALL_BYTES
    assert read(posting(2 * len(part)), part, part, b"") == part * 2


@pytest.mark.parametrize("length", [10, 10**6, None])
def test_a_body_that_stalls_is_given_up(length: int | None) -> None:
    with pytest.raises(BodyTimeout):
        read(posting(length), b"hel", seconds=0.05)


@pytest.mark.parametrize(("length", "parts"), [(10**6, (b"hello", b"")), (None, (b"hello", b"", b""))])
def test_a_body_that_broke_off_is_no_request(length: int | None, parts: tuple[bytes, ...]) -> None:
    with pytest.raises(Disconnected):
        read(posting(length), *parts)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("headers", [{"content-length": "65537"}, {"transfer-encoding": "chunked"}])
def test_a_long_body_is_refused_where_the_method_takes_none(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(UnexpectedBody):
        read(Scope(method, headers=Headers(headers)), b"hel")


@pytest.mark.parametrize("headers", [{}, {"content-length": "0"}, {"content-length": ""}])
def test_a_request_without_a_body_is_complete_at_once(headers: dict[str, str]) -> None:
    assert read(Scope("GET", headers=Headers(headers)), b"never read") == b""


def test_a_length_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(BodyCutOff):
        read(posting(bodies.MAX_BYTES + bodies.MAX_DROPPED_BYTES + 1), b"x")


@pytest.mark.parametrize(("mebibytes", "refusal"), [(9, BodyTooLarge), (17, BodyCutOff)])
def test_a_chunked_body_is_read_to_its_end_if_that_comes_soon(mebibytes: int, refusal: type[Exception]) -> None:
    part = b"x" * 2**20
    with pytest.raises(BodyTooLarge) as found:
        read(posting(None), *[part] * mebibytes, b"")
    assert type(found.value) is refusal


@pytest.mark.parametrize("bounds", [{"unfinished": 2}, {"unfinished_bytes": 12}])
def test_the_oldest_unfinished_body_makes_room(bounds: dict[str, int]) -> None:
    async def crowd() -> list[object]:
        found = Bodies(seconds=30, **bounds)
        stalled = [asyncio.create_task(found.read(posting(None), Protocol((b"12345",)))) for _ in range(2)]
        await asyncio.sleep(0)
        last = await found.read(posting(None), Protocol((b"12345", b"")))
        await asyncio.sleep(0.01)
        outcome: list[object] = [stalled[0].exception(), stalled[1].done(), last]
        stalled[1].cancel()
        return outcome

    first, second_is_over, last = asyncio.run(crowd())
    assert isinstance(first, BodyTimeout)
    assert (second_is_over, last) == (False, b"12345")
