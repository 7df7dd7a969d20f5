"""What the admin page of a project links to: apps that know of projects add their lists, and `projects` knows none."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Model

from neo_base.rest.languages import Text


class RelatedList(NamedTuple):
    text: Text
    model: type[Model]


registered_lists: list[RelatedList] = []
"""Each has a `LinkedFilter` for its `project`."""

registered_histories: list[type[Model]] = []
"""The model whose list, filtered by `subject_id`, is the history of an object; the last one that was added counts."""
