"""Offset pagination: the rows of a page, the total, and the URLs of the pages around."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import DjangoAssertNumQueries
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from neo_base.rest.offset_pagination import envelope, read_page
from tests.cast import make_user

pytestmark = pytest.mark.once


@pytest.fixture
def _five_users(db: None) -> None:
    for letter in "abcde":
        make_user(letter)


def rows() -> Any:
    return get_user_model()._default_manager.order_by("username")


@pytest.mark.usefixtures("_five_users")
@pytest.mark.parametrize(
    ("limit", "offset", "found", "queries"),
    [
        (10, 0, "abcde", 1),
        (6, 0, "abcde", 1),
        (5, 0, "abcde", 2),
        (2, 0, "ab", 2),
        (2, 3, "de", 2),
        (3, 3, "de", 1),
        (2, 4, "e", 1),
        (2, 5, "", 2),
        (2, 2**31 - 1, "", 2),
    ],
)
def test_a_page_is_read_with_the_total(
    django_assert_num_queries: DjangoAssertNumQueries, limit: int, offset: int, found: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        page, count = read_page(rows(), limit=limit, offset=offset)
    assert "".join(user.get_username() for user in page) == found
    assert count == 5


def test_nothing_at_all_costs_one_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert read_page(rows(), limit=10, offset=0) == ([], 0)


@pytest.mark.parametrize(
    ("count", "limit", "offset", "following", "preceding"),
    [
        (0, 10, 0, None, None),
        (5, 5, 0, None, None),
        (6, 5, 0, "limit=5&offset=5", None),
        (6, 5, 5, None, "limit=5&offset=0"),
        (6, 2, 2, "limit=2&offset=4", "limit=2&offset=0"),
        (6, 4, 1, "limit=4&offset=5", "limit=4&offset=0"),
        (6, 2, 9, None, "limit=2&offset=7"),
    ],
)
def test_the_neighbours_keep_the_rest_of_the_query(
    count: int, limit: int, offset: int, following: str | None, preceding: str | None
) -> None:
    request = Request(APIRequestFactory().get("/things?x=y"))
    page = envelope(request, [], count=count, limit=limit, offset=offset)
    prefix = "http://testserver/things?"
    assert page == {
        "count": count,
        "next": following and f"{prefix}{following}&x=y",
        "previous": preceding and f"{prefix}{preceding}&x=y",
        "results": [],
    }
