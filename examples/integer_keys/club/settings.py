"""The settings of an existing site whose teams have integer keys. To run it:

pip install neo_secrets-….whl
python manage.py make_master_key master.keys
python manage.py migrate
python manage.py createsuperuser
python manage.py runserver
"""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("CLUB_SECRET_KEY", "an example that protects nothing: replace it")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "teams",
    "secrets_app",
    "neo_pages",
]

# Secrets belong to teams. Their primary key is a number; secrets_app knows them by the UUID in `code`.
SECRETS_APP_PROJECT_MODEL = "teams.Team"
SECRETS_APP_PROJECT_FIELD = "code"
SECRETS_APP = {"KEY_FILE": BASE_DIR / "master.keys", "MEMBERSHIP_POLICY": "teams.policy.TeamPolicy"}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "club.urls"
TEMPLATES = [
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
]

if "PGHOST" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "USER": os.environ.get("PGUSER", ""),
            "NAME": os.environ.get("PGDATABASE", "club"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": BASE_DIR / "club.sqlite3",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
        }
    }
STATIC_URL = "static/"
LOGIN_URL = "admin:login"
USE_TZ = True
