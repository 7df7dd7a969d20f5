"""Settings of the site, from the environment. `docs/settings.md` lists every variable.

A variable `NAME` may be given as `NAME_FILE`, the path of a file that holds it. There are two profiles: `production`,
the default, starts with no silent default for anything that protects data; `development`, chosen by `make run`, takes
what is missing from files in the data directory.
"""

import os
from datetime import timedelta
from pathlib import Path

from environ import FileAwareEnv

from neo_site import configuration

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

PROFILE = env.str("NEO_PROFILE", default="production")
DEVELOPMENT = configuration.is_development(PROFILE)
DATA_DIR = Path(env.str("NEO_DATA_DIR", default=str(BASE_DIR / ".data"))).expanduser().absolute()

# Keys. The master keys that protect the secrets are a third kind, read by secrets_app alone.
keys = configuration.KeyReader(env, DATA_DIR, development=DEVELOPMENT)
SECRET_KEY = keys.read("NEO_SECRET_KEY", file="django.key")
SIGNING_KEY = keys.read("NEO_SIGNING_KEY", file="signing.key")
keys.require_distinct(NEO_SECRET_KEY=SECRET_KEY, NEO_SIGNING_KEY=SIGNING_KEY)

DEBUG = configuration.debug(env, development=DEVELOPMENT)
ALLOWED_HOSTS = configuration.allowed_hosts(env, development=DEVELOPMENT)
CSRF_TRUSTED_ORIGINS = configuration.names(env, "NEO_CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "projects",
    "secrets_app",
    "neo_site",
    "neo_site.signin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "neo_site.urls"
WSGI_APPLICATION = "neo_site.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": configuration.database(env, DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "neo_site.hashers.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
# Served from the packages themselves: nothing to collect before a start.
WHITENOISE_USE_FINDERS = True

# HTTPS. Behind a proxy that ends TLS, name its header: NEO_PROXY_TLS_HEADER=X-Forwarded-Proto.
HTTPS = configuration.switch(env, "NEO_HTTPS", default=not DEVELOPMENT)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = configuration.proxy_tls_header(env)
SECURE_HSTS_SECONDS = configuration.whole_number(env, "NEO_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "secrets_app.api.authentication.ServiceTokenAuthentication",
        "neo_site.signin.authentication.SessionTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SIGNING_KEY,
    "ISSUER": "neo-secrets",
    "AUDIENCE": "neo-secrets-api",
    "USER_ID_CLAIM": "sub",
    "ACCESS_TOKEN_LIFETIME": timedelta(
        seconds=configuration.whole_number(env, "NEO_ACCESS_TOKEN_SECONDS", default=300)
    ),
    "REFRESH_TOKEN_LIFETIME": timedelta(
        seconds=configuration.whole_number(env, "NEO_REFRESH_TOKEN_SECONDS", default=14 * 86_400)
    ),
    "LEEWAY": timedelta(seconds=5),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Neo Secrets",
    "DESCRIPTION": "Store secrets, personal or shared with a project. Values go in and never come back; masks do.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_PATCH": False,
    "GET_LIB_DOC_EXCLUDES": "neo_rest.schema.doc_excludes",
    "ENUM_NAME_OVERRIDES": {"Role": "projects.roles.Role"},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["neo_rest.urls.without_slash_forms"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "neo_rest.schema.close_objects",
    ],
}

SECRETS_APP_PROJECT_MODEL = "projects.Project"
SECRETS_APP = {
    "KEY_PROVIDER": "env" if "NEO_MASTER_KEYS" in os.environ else "file",
    "KEY_FILE": os.environ.get("NEO_MASTER_KEYS_FILE", str(DATA_DIR / "master.keys") if DEVELOPMENT else ""),
    "KEY_VARIABLE": "NEO_MASTER_KEYS",
    "MAX_SECRETS_PER_SCOPE": configuration.whole_number(env, "NEO_MAX_SECRETS_PER_SCOPE", default=1_000),
    "VERSIONS_KEPT": configuration.whole_number(env, "NEO_VERSIONS_KEPT", default=10),
}

LOGGING = configuration.logging_config(configuration.log_level(env))
DEFAULT_EXCEPTION_REPORTER = "neo_site.error_reports.BareExceptionReporter"
