"""A host site whose admin wears a theme: settings, URLs and rows. Needs a process of its own.

THEME=unfold HOST_DIR=/some/directory python -m tests.themes.host migrate
THEME=unfold HOST_DIR=/some/directory python -m tests.themes.host runserver
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.utils import timezone

HERE = Path(os.environ["HOST_DIR"])
CONTEXT = "django.template.context_processors.request", "django.contrib.auth.context_processors.auth"
VALUE = "themed-value-0123456789"

settings.configure(
    SECRET_KEY="of a site for tests, which holds nothing",
    DEBUG=True,
    ALLOWED_HOSTS=["127.0.0.1", "testserver"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        os.environ["THEME"],
        *(
            f"django.contrib.{name}"
            for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
        ),
        *("projects", "secrets_app"),
    ],
    JAZZMIN_SETTINGS={"use_google_fonts_cdn": False},
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]},
    SECRETS_APP={"KEY_FILE": HERE / "master.keys"},
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [*CONTEXT, "django.contrib.messages.context_processors.messages"]},
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "host.sqlite3"}},
    STATIC_URL="static/",
)
django.setup()

from django.contrib import admin  # noqa: E402  (needs the settings)
from django.contrib.auth import get_user_model  # noqa: E402
from django.urls import include, path  # noqa: E402

from neo_base.access.actors import Actor  # noqa: E402
from projects.actions import create_project  # noqa: E402
from secrets_app.models import Secret  # noqa: E402
from secrets_app.python_api import secrets_for, service_token_for  # noqa: E402

# Here the themes have put their own sites.
urlpatterns = [path("admin/", admin.site.urls), path("api/v1/", include("secrets_app.api.urls"))]


def fill() -> None:
    """A bit of everything that the pages show, of the operator `owner`."""
    owner = get_user_model()._default_manager.create_superuser("owner", "owner@example.com", "owner")
    project = create_project(actor=Actor.from_user(owner), name="Alpha", tags=["web"])
    for where in (project.pk, None):
        secrets = secrets_for(owner, project=where)
        secrets.create("DATABASE_URL", f"former-{VALUE}", default_available=True, description="The shop's database")
        secrets.update("DATABASE_URL", value=VALUE)
        secrets.create("PIN", "4711", expires_at=timezone.now() + timedelta(days=3))
        secrets.grant(task_id="nightly-17")
        service_token_for(owner, name="CI", scopes=["secrets:read"], project=where)
    Secret.objects.filter(name="PIN", project=None).update(quarantine_reason="agent", grant_id=uuid4())


if __name__ == "__main__":
    execute_from_command_line(sys.argv)
