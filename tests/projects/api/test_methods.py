"""The permission that a view requires: the one of the method, and that of GET for HEAD."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.exceptions import MethodNotAllowed

from neo_base.access.views import ActorView
from projects.policies import Permission


class View(ActorView):
    permissions = {
        "DELETE": Permission.PROJECT_DELETE,
        "GET": Permission.PROJECT_VIEW,
        "POST": Permission.PROJECT_CREATE,
    }


def asked(method: str | None) -> Any:
    view, request = View(), SimpleNamespace(method=method)
    view.request = request  # type: ignore[assignment]  # The view reads no more of it.
    return view.required_permission


@pytest.mark.parametrize("method", View.permissions)
def test_each_method_asks_for_its_own(method: str) -> None:
    assert asked(method) is View.permissions[method]


def test_head_asks_for_what_get_does() -> None:
    # An equal text that is another object, as a server passes it.
    assert asked("".join("HEAD")) is Permission.PROJECT_VIEW


@pytest.mark.parametrize("method", ["PATCH", "PUT", "get", "", None])
def test_a_method_without_a_row_is_refused(method: str | None) -> None:
    with pytest.raises(MethodNotAllowed):
        asked(method)
