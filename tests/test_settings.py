"""Settings that a test changes leave nothing behind."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.test import override_settings

from projects.models import Project

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("model", "is_ours"), [("auth.Group", False), ("projects.Project", True)])
def test_a_project_model_of_a_test_is_gone_after_it(model: str, is_ours: bool) -> None:
    # As wherever a model is made, such as in a migration: whoever asks next fills the list again.
    apps.clear_cache()
    with override_settings(SECRETS_APP_PROJECT_MODEL=model):
        assert (Project in apps.get_models()) == is_ours
    assert Project in apps.get_models()
