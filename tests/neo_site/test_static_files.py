"""What is collected at the start: what pages name, and not everything that packages bring along."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles.finders import get_finders

from neo_site.static_files import UNUSED

pytestmark = pytest.mark.once


def test_unused_files_of_packages_are_not_collected() -> None:
    paths = {path for finder in get_finders() for path, _ in finder.list(UNUSED)}
    every = {path for finder in get_finders() for path, _ in finder.list([])}
    left_out = every - paths
    assert left_out
    assert all(path.startswith(("drf_spectacular_sidecar/redoc/", "rest_framework/")) for path in left_out)
    assert {
        "neo_pages/style.css",
        "admin/css/base.css",
        "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
    } < paths
