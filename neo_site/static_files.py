"""Scripts, styles and pictures in production, under names with a hash, so that browsers can keep them for ever."""

from __future__ import annotations

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What packages bring along and no page of ours names. To compress it would take most of the start.
UNUSED = ["drf_spectacular_sidecar/redoc/*", "rest_framework/*"]


def collect() -> None:
    """Copy every file that a page may name to NEO_STATIC_ROOT, with a compressed one beside it. Takes a second."""
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)


def require_collected() -> None:
    """Raise ImproperlyConfigured unless NEO_STATIC_ROOT holds the files of this release."""
    if missing():
        raise ImproperlyConfigured(
            f"{settings.STATIC_ROOT} does not hold the static files of this release. "
            "Run manage.py collectstatic --no-input, or remove NEO_STATIC_ROOT."
        )


def missing() -> set[str]:
    """Return the files of this release that were not collected; none where the packages' own files are served."""
    if not isinstance(staticfiles_storage, CompressedManifestStaticFilesStorage):
        return set()
    wanted = {path for finder in get_finders() for path, _ in finder.list(UNUSED)}
    return wanted - set(staticfiles_storage.hashed_files)
