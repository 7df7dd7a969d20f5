"""Bodies of POST /api/v1/secrets/batch that are refused before anything is made, however long they are."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cast import Api
from tests.contract import BATCH, MEBIBYTE, invalid_fields


@pytest.mark.parametrize("options", [{}, {"sanitize_names": True}])
def test_a_list_far_too_long_costs_one_message(api: Api, member: Any, options: dict[str, bool]) -> None:
    answer = api(member).post(BATCH, {"secrets": 5_000 * [{}], **options})
    assert invalid_fields(answer) == {"secrets"}
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("sent", ["{}", "1", '{"project_id":1}'])
def test_the_fullest_body_costs_no_more_than_reading_it(api: Api, member: Any, sent: str) -> None:
    items = ",".join((8 * MEBIBYTE - 100) // (len(sent) + 1) * [sent])
    client = api(member)
    started = time.process_time()
    answer = client.post(BATCH, f'{{"secrets":[{items}]}}'.encode())
    assert time.process_time() - started < 10
    assert invalid_fields(answer) == {"secrets"}
