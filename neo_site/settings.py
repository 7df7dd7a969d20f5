"""Settings of the site, from the environment. `docs/settings.md` lists every variable.

A variable `NAME` may be given as `NAME_FILE`, the path of a file that holds it. There are two profiles: `production`,
the default, starts with no silent default for anything that protects data; `development`, chosen by `make run`, takes
what is missing from files in the data directory.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

from environ import FileAwareEnv

from neo_site.configuration import (
    accounts,
    api_page,
    caches,
    databases,
    hosts,
    identity,
    key_service,
    languages,
    logs,
    mail,
    metrics,
    profiles,
    projects,
    readers,
    server,
    signing_keys,
    tracing,
)
from secrets_app import __version__

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

PROFILE = env.str("NEO_PROFILE", default="production")
DEVELOPMENT = profiles.is_development(PROFILE)
DATA_DIR = Path(env.str("NEO_DATA_DIR", default=str(BASE_DIR / ".data"))).expanduser().absolute()

# Signing keys. The master keys, which protect the secrets, are read by secrets_app alone.
key_reader = signing_keys.KeyReader(env, DATA_DIR, development=DEVELOPMENT)
SECRET_KEY = key_reader.read("NEO_SECRET_KEY", file="django.key")
SIGNING_KEY = key_reader.read("NEO_SIGNING_KEY", file="signing.key")
key_reader.require_distinct(NEO_SECRET_KEY=SECRET_KEY, NEO_SIGNING_KEY=SIGNING_KEY)

DEBUG = profiles.debug(env, development=DEVELOPMENT)
ALLOWED_HOSTS = hosts.allowed_hosts(env, development=DEVELOPMENT)
# The path of the site: redirects, links, static files and cookies begin with it.
BASE_PATH = hosts.base_path(env)
FORCE_SCRIPT_NAME = BASE_PATH.rstrip("/") or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = BASE_PATH
CSRF_TRUSTED_ORIGINS = readers.names(env, "NEO_CSRF_TRUSTED_ORIGINS", default=[])

# An identity provider, beside passwords, for the API, and with a client also for the pages.
IDENTITY_PROVIDER = identity.identity_provider(env, development=DEVELOPMENT)
PAGES_CLIENT = identity.pages_client(env, IDENTITY_PROVIDER)
# Whether the admin opens to a second factor only.
ADMIN_OTP = readers.switch(env, "NEO_ADMIN_OTP", default=False)
# Whether a program can be signed in by the browser of its user.
NEO_DEVICE_SIGN_IN = readers.switch(env, "NEO_DEVICE_SIGN_IN", default=True)
# Who may make an account: those who were invited, or everybody.
NEO_SIGN_UP = accounts.sign_up(env)

# The token that reads /metrics; without it there are no metrics.
NEO_METRICS_TOKEN = metrics.metrics_token(env)

# The address that takes the traces; without it nothing for tracing is imported.
NEO_OTEL_ENDPOINT = tracing.otel_endpoint(env)

INSTALLED_APPS = [
    "neo_site.accounts.apps.SiteAdminConfig",
    # Before Django's own, in place of whose command it brings a `changepassword`.
    "neo_site.signin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "neo_pages",
    "projects",
    "secrets_app",
    "neo_site",
    "neo_site.throttling",
    "neo_site.backups",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    # After the library, whose pages in the admin it replaces.
    "neo_site.accounts",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    *(["neo_site.base_path.BasePath"] if FORCE_SCRIPT_NAME else []),
    "neo_site.logs.requests.RequestLog",
    *(["neo_site.metrics.requests.RequestMetrics"] if NEO_METRICS_TOKEN else []),
    "django.middleware.security.SecurityMiddleware",
    "neo_site.content_security.ContentSecurityPolicy",
    "neo_site.health.Probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "neo_site.accounts.middleware.Accounts",
    "neo_site.throttling.middleware.PageThrottle",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# What requests of the API do without: they carry tokens, and are answered in English and with no file.
NEO_PAGE_MIDDLEWARE = [
    "neo_site.health.Probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "neo_site.accounts.middleware.Accounts",
    "neo_site.throttling.middleware.PageThrottle",
]

ROOT_URLCONF = "neo_site.urls"
WSGI_APPLICATION = "neo_site.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "neo_site" / "templates"],
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

DATABASES = {"default": databases.database(env, DATA_DIR)}
NEO_TIME_LIMITS = databases.time_limits(env)
NEO_POOLS_TRANSACTIONS = databases.pools_transactions(env)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": caches.cache(env, DATABASES["default"], development=DEVELOPMENT)}

AUTHENTICATION_BACKENDS = ["neo_site.accounts.backend.NameOrEmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "neo_site.hashers.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# Each browser chooses one of these; the first is for all other browsers, and for e-mail.
LANGUAGES = languages.languages(env)
LANGUAGE_CODE = LANGUAGES[0][0]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["neo_site.formats"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "neo_pages:home"

STATIC_URL = f"{BASE_PATH}static/"
# The directory in which the server collects static files; without it the packages' own files are served.
STATIC_ROOT = server.static_root(env)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
# What is compressed already, and source maps, which developers alone fetch: compressing costs time at each start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "gif", "webp", "gz", "br", "woff", "woff2", "map")
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Where `python -m neo_site.serve` listens, with how many processes and threads.
NEO_SERVER = server.server(env)

# HTTPS. Behind a proxy that ends TLS, name its header: NEO_PROXY_TLS_HEADER=X-Forwarded-Proto.
HTTPS = readers.switch(env, "NEO_HTTPS", default=not DEVELOPMENT)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [f"^{re.escape(BASE_PATH[1:])}{probe}$" for probe in ("livez", "readyz", "writez")]
SECURE_PROXY_SSL_HEADER = hosts.proxy_tls_header(env)
SECURE_HSTS_SECONDS = readers.whole_number(env, "NEO_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_ENGINE = "neo_site.accounts.cookie_store"
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "neo_site.signin.authentication.SessionTokenAuthentication",
        *(["neo_site.signin.identity_provider.IdentityProviderAuthentication"] if IDENTITY_PROVIDER else []),
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["neo_site.throttling.throttles.RequestThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

# Limits on requests, for each user, service token and client address; and on failed sign-ins.
NEO_THROTTLES = {
    "user": caches.rate(env, "NEO_THROTTLE_USER", default="6000/min"),
    "token": caches.rate(env, "NEO_THROTTLE_TOKEN", default="6000/min"),
    # In development all clients have the same address.
    "address": caches.rate(env, "NEO_THROTTLE_ADDRESS", default="off" if DEVELOPMENT else "600/min"),
    "sign_in_name": caches.rate(env, "NEO_SIGN_IN_NAME_FAILURES", default="5/hour"),
    "sign_in_address": caches.rate(env, "NEO_SIGN_IN_ADDRESS_FAILURES", default="off" if DEVELOPMENT else "50/hour"),
}
NEO_TRUSTED_PROXIES = hosts.networks(env, "NEO_TRUSTED_PROXIES")

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SIGNING_KEY,
    "ISSUER": identity.OWN_ISSUER,
    "AUDIENCE": "neo-secrets-api",
    "USER_ID_CLAIM": "sub",
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=readers.whole_number(env, "NEO_ACCESS_TOKEN_SECONDS", default=300)),
    "REFRESH_TOKEN_LIFETIME": timedelta(
        seconds=readers.whole_number(env, "NEO_REFRESH_TOKEN_SECONDS", default=14 * 86_400)
    ),
    "LEEWAY": timedelta(seconds=5),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Neo Secrets",
    "DESCRIPTION": api_page.DESCRIPTION,
    "TAGS": api_page.TAGS,
    "VERSION": __version__,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVERS": [{"url": FORCE_SCRIPT_NAME}] if FORCE_SCRIPT_NAME else [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": api_page.SWAGGER,
    "COMPONENT_SPLIT_PATCH": False,
    # It would make the whole document at each start. A test says whether making it warns of anything.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "GET_LIB_DOC_EXCLUDES": "neo_base.rest.schema.doc_excludes",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "neo_base.rest.schema.close_objects",
        "neo_base.rest.schema.describe_defaults",
    ],
}

# EMAIL_BACKEND and the other settings of e-mail.
vars().update(mail.email(env, development=DEVELOPMENT))

PROJECTS = {
    "INVITATION_SECONDS": readers.whole_number(env, "NEO_INVITATION_SECONDS", default=604_800),
    "INVITATION_URL": mail.invitation_url(env, development=DEVELOPMENT),
    "INVITATION_EMAIL_MUST_MATCH": readers.switch(env, "NEO_INVITATION_EMAIL_MUST_MATCH", default=True),
    "TEAM_ROLE": projects.team_role(env),
}
NEO_BASE = {
    "CLIENT_ADDRESS": "neo_site.throttling.client_addresses.client_address",
    "QUICK_WAY": readers.switch(env, "NEO_QUICK_WAY", default=True),
}

SECRETS_APP_PROJECT_MODEL = "projects.Project"
KMS_KEY = key_service.kms_key(env)
SECRETS_APP = {
    "KEY_PROVIDER": "kms" if KMS_KEY else "env" if "NEO_MASTER_KEYS" in os.environ else "file",
    "KEY_FILE": os.environ.get("NEO_MASTER_KEYS_FILE", str(DATA_DIR / "master.keys") if DEVELOPMENT else ""),
    "KEY_VARIABLE": "NEO_MASTER_KEYS",
    "KMS_KEY": KMS_KEY,
    "CHECKPOINTS": readers.text(env, "NEO_AUDIT_CHECKPOINTS"),
    "MAX_SECRETS_PER_SCOPE": readers.whole_number(env, "NEO_MAX_SECRETS_PER_SCOPE", default=1_000),
    "VERSIONS_KEPT": readers.whole_number(env, "NEO_VERSIONS_KEPT", default=10),
    "SIGN_IN_AGE_SECONDS": readers.whole_number_or_off(env, "NEO_SIGN_IN_AGE_SECONDS", default=600),
    "SERVICE_TOKEN_DAYS": readers.whole_number(env, "NEO_SERVICE_TOKEN_DAYS", default=90),
    "MAX_SERVICE_TOKEN_DAYS": readers.whole_number_or_off(env, "NEO_MAX_SERVICE_TOKEN_DAYS", default=366),
    "MAX_GRANT_SECONDS": readers.whole_number(env, "NEO_MAX_GRANT_SECONDS", default=86_400),
    "MAX_BYTES_PER_USER_AND_DAY": readers.megabytes(env, "NEO_MAX_MEGABYTES_PER_USER_AND_DAY", default=200),
    "MIN_FREE_BYTES": readers.megabytes(env, "NEO_MIN_FREE_MEGABYTES", default=100) or 1,
    "MAX_DATABASE_BYTES": readers.megabytes(env, "NEO_MAX_DATABASE_MEGABYTES", default=0),
    "QUARANTINE_AGENT_SECRETS": readers.switch(env, "NEO_QUARANTINE_AGENT_SECRETS", default=True),
}

# Which site the database belongs to: `python -m neo_site.keys` makes this file beside the keys.
EPOCH_FILE = Path(str(SECRETS_APP["KEY_FILE"] or DATA_DIR / "master.keys")).with_name("epoch")

LOGGING = logs.logging_config(logs.log_level(env), logs.log_format(env, development=DEVELOPMENT))
DEFAULT_EXCEPTION_REPORTER = "neo_site.error_reports.BareExceptionReporter"

# The settings of django-allauth.
vars().update(accounts.allauth(https=HTTPS, development=DEVELOPMENT, sign_up=NEO_SIGN_UP))
SOCIALACCOUNT_PROVIDERS = accounts.providers(IDENTITY_PROVIDER, PAGES_CLIENT)
