"""The signing keys, which must be set, long enough and different; and the AWS KMS key that wraps master keys."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from neo_site.configuration.readers import text
from secrets_app.crypto import is_key_arn

MIN_KEY_BYTES = 32


class KeyReader:
    """A reader of signing keys: from the environment or, in development, from the files that `make run` makes."""

    def __init__(self, env: FileAwareEnv, data_dir: Path, *, development: bool) -> None:
        self._env = env
        self._data_dir = data_dir
        self._development = development

    def read(self, name: str, *, file: str) -> str:
        """Return the key called `name`; raise ImproperlyConfigured when it is missing, too short or a known default."""
        key = str(self._env.str(name, default="")).strip() or self._from_file(file)
        fix = f"Set {name}, or {name}_FILE to the path of a file, to at least {MIN_KEY_BYTES} random bytes."
        if not key:
            raise ImproperlyConfigured(f"{name} is not set. {fix}")
        if len(key.encode()) < MIN_KEY_BYTES or len(set(key)) < 10:
            raise ImproperlyConfigured(f"{name} is too short or too simple. {fix}")
        if key.startswith("django-insecure-"):
            raise ImproperlyConfigured(f"{name} is one of Django's generated insecure defaults. {fix}")
        return key

    def require_distinct(self, **keys: str) -> None:
        """Raise ImproperlyConfigured when two of the keys are equal."""
        if len(set(keys.values())) != len(keys):
            raise ImproperlyConfigured(f"{' and '.join(keys)} must differ from one another.")

    def _from_file(self, file: str) -> str:
        path = self._data_dir / file
        return path.read_text().strip() if self._development and path.is_file() else ""


def kms_key(env: FileAwareEnv) -> str:
    """Return the ARN of the AWS KMS key that wraps the key file, or an empty string where none does."""
    arn = text(env, "NEO_KMS_KEY")
    if not arn:
        return ""
    if not is_key_arn(arn):
        raise ImproperlyConfigured("NEO_KMS_KEY must be the whole ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID.")
    if "NEO_MASTER_KEYS" in os.environ:
        raise ImproperlyConfigured(
            "NEO_KMS_KEY is for a key file, and NEO_MASTER_KEYS gives keys in the clear. Leave out one of them."
        )
    if find_spec("boto3") is None:
        raise ImproperlyConfigured("NEO_KMS_KEY needs requirements-kms.txt: pip install -r requirements-kms.txt.")
    return arn
