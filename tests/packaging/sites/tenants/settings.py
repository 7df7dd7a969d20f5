"""A site with a schema for each tenant, by django-tenants: `projects` and `secrets_app` are in each of them."""

import os
from pathlib import Path

SECRET_KEY = "of a site in a test"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
SHARED_APPS = ["django_tenants", "customers"]
TENANT_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "projects", "secrets_app"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "customers.Customer", "customers.Address"
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "HOST": os.environ["PGHOST"],
        "USER": os.environ["PGUSER"],
        "NAME": os.environ["PGDATABASE"],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "urls"
SECRETS_APP = {"KEY_FILE": Path(__file__).parent / "master.keys"}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
