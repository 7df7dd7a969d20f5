"""The token that reads the metrics."""

from __future__ import annotations

import os
import re

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text

MIN_TOKEN_CHARACTERS = 32


def metrics_token(env: FileAwareEnv) -> str:
    """Return the token, or an empty string where the site has no metrics."""
    token = text(env, "NEO_METRICS_TOKEN")
    if token and not re.fullmatch(rf"[\w.~+/=-]{{{MIN_TOKEN_CHARACTERS},}}", token, re.ASCII):
        raise ImproperlyConfigured(
            f"NEO_METRICS_TOKEN must be at least {MIN_TOKEN_CHARACTERS} random letters and digits, or empty."
        )
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if token and directory and not os.access(directory, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"PROMETHEUS_MULTIPROC_DIR: {directory} is no directory that this user can write to. Make it, or remove "
            "the variable."
        )
    return token
