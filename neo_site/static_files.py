"""Scripts, styles and pictures in production: under names that hold a hash, so that browsers keep them for ever."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


def collect() -> None:
    """Copy every file to NEO_STATIC_ROOT, with a compressed one beside it. Takes some seconds."""
    call_command("collectstatic", interactive=False, verbosity=0)


def require_collected() -> None:
    """Return if NEO_STATIC_ROOT holds what this release needs; raises ImproperlyConfigured when it does not."""
    if missing():
        raise ImproperlyConfigured(
            f"{settings.STATIC_ROOT} does not hold the static files of this release. "
            "Run manage.py collectstatic --no-input, or leave NEO_STATIC_ROOT out."
        )


def missing() -> set[str]:
    """The files of this release that were not collected; none where nothing has to be."""
    if not isinstance(staticfiles_storage, CompressedManifestStaticFilesStorage):
        return set()
    wanted = {path for finder in get_finders() for path, _ in finder.list([])}
    return wanted - set(staticfiles_storage.hashed_files)
