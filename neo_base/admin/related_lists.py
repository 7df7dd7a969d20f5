"""Registries of lists that admin pages link to.

An app that refers to projects registers its lists here, so that `projects` can link to them without importing it.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Model

from neo_base.rest.languages import Text


class RelatedList(NamedTuple):
    """A list that the page of a project links to, and the text of the link."""

    text: Text
    model: type[Model]


registered_lists: list[RelatedList] = []
"""The lists to which the page of a project links. Each list has a `LinkedFilter` for its `project`."""

registered_histories: list[type[Model]] = []
"""Models of audit events. The list of the last one, filtered by `subject_id`, is shown as an object's history."""
