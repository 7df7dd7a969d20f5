"""The settings of an existing site whose own app is called `projects`, like ours. To run it:

pip install neo_secrets-….whl
python manage.py make_master_key master.keys
python manage.py migrate
python manage.py createsuperuser
python manage.py runserver
"""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("STUDIO_SECRET_KEY", "an example that protects nothing: replace it")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "projects",
    "secrets_app",
    "neo_pages",
]

# Without SECRETS_APP_PROJECT_MODEL, secrets belong to "projects.Project", which here is the site's own model.
SECRETS_APP = {"KEY_FILE": BASE_DIR / "master.keys", "MEMBERSHIP_POLICY": "projects.policy.CollaboratorPolicy"}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "studio.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The site's own frame around the pages of people stands here, and takes precedence.
        "DIRS": [BASE_DIR / "studio" / "templates"],
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
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "studio.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
    }
}
STATIC_URL = "static/"
LOGIN_REDIRECT_URL = "neo_pages:home"
USE_TZ = True
