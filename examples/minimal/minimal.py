"""A Django site with a secrets manager, in one file. To run it:

pip install neo_secrets-….whl neo_secrets_projects-….whl
python minimal.py make_master_key master.keys
python minimal.py migrate
python minimal.py createsuperuser
python minimal.py runserver
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import execute_from_command_line

HERE = Path(os.environ.get("MINIMAL_DATA_DIR", Path(__file__).parent))

settings.configure(
    SECRET_KEY=os.environ.get("MINIMAL_SECRET_KEY", "an example that protects nothing: replace it"),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "projects",
        "secrets_app",
    ],
    SECRETS_APP={"KEY_FILE": HERE / "master.keys"},
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]},
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
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HERE / "minimal.sqlite3",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
        }
    },
    STATIC_URL="static/",
)
django.setup()

from django.contrib import admin  # noqa: E402  (these need the settings)
from django.urls import include, path  # noqa: E402

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("projects.api.urls")),
    path("api/v1/", include("secrets_app.api.urls")),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
