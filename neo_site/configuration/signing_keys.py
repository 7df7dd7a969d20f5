"""The keys that sign: required, long enough, and all different."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import FileAwareEnv

from secrets_app.crypto.errors import KeyringError
from secrets_app.crypto.private_files import read_private

MIN_KEY_BYTES = 32


class KeyReader:
    """A reader of signing keys from the environment or, in development, from the files that `make run` made."""

    def __init__(self, env: FileAwareEnv, data_dir: Path, *, development: bool) -> None:
        self._env = env
        self._data_dir = data_dir
        self._development = development

    def read(self, name: str, *, file: str) -> str:
        """Return the key called `name`; raise ImproperlyConfigured when it is missing, short or a known default."""
        key = (self._given(name) or self._from_file(file, name)).strip()
        fix = f"Set {name}, or {name}_FILE to the path of a file, to at least {MIN_KEY_BYTES} random bytes."
        if not key:
            raise ImproperlyConfigured(f"{name} is not set. {fix}")
        if len(key.encode()) < MIN_KEY_BYTES or len(set(key)) < 10:
            raise ImproperlyConfigured(f"{name} is too short or too simple. {fix}")
        if key.startswith("django-insecure-"):
            raise ImproperlyConfigured(f"{name} is one of Django's generated insecure defaults. {fix}")
        return key

    def require_distinct(self, **keys: str) -> None:
        """Raise ImproperlyConfigured, which names the variables, when two keys are equal."""
        if len(set(keys.values())) != len(keys):
            raise ImproperlyConfigured(f"{' and '.join(keys)} must differ from one another.")

    def _given(self, name: str) -> str:
        path = os.environ.get(f"{name}_FILE")
        return self._private(path, name) if path else str(self._env.str(name, default=""))

    def _from_file(self, file: str, name: str) -> str:
        path = self._data_dir / file
        return self._private(str(path), name) if self._development and path.is_file() else ""

    def _private(self, path: str, name: str) -> str:
        """Return what the file holds, by the rule for files of master keys."""
        try:
            return read_private(path, variable=name)
        except KeyringError as error:
            raise ImproperlyConfigured(str(error)) from None
