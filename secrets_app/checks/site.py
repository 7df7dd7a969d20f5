"""System checks: what a site brings that secrets cannot live with: its project model, databases and time zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.models import Model, UUIDField
from django.utils.module_loading import module_has_submodule

from neo_base.apps import installed_apps
from neo_base.site_settings import unknown_keys
from secrets_app.conf import DEFAULT_POLICY, Settings, membership_policy_path
from secrets_app.models import Secret
from secrets_app.models.owned import DEFAULT_PROJECT_MODEL

TESTED_DATABASES = ("postgresql", "sqlite")


@register()
def settings_are_known(**_: Any) -> list[CheckMessage]:
    return unknown_keys("SECRETS_APP", Settings, "secrets_app.E010")


@register()
def project_model_fits(**_: Any) -> list[CheckMessage]:
    name = _project_model_name()
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        hint = "Install its app, or name another model, as 'app_label.Model'. It is fixed with the first migration."
        return [Error(f"SECRETS_APP_PROJECT_MODEL is {name!r}, no installed model.", hint, id="secrets_app.E011")]
    return list(_project_model_messages(model, name))


def _project_model_messages(model: type[Model], name: str) -> Iterator[CheckMessage]:
    if not isinstance(model._meta.pk, UUIDField):
        hint = "Secrets are bound to the UUID of their project: give the model `models.UUIDField(primary_key=True)`."
        yield Error(f"{name} has no UUID for its primary key.", hint, id="secrets_app.E012")
    if not _has_migrations(apps.get_app_config(model._meta.app_label)):
        hint = f"Run `manage.py makemigrations {model._meta.app_label}`: our migrations have to come after its table."
        yield Error(f"The app of {name} has no migrations.", hint, id="secrets_app.E013")
    ours = installed_apps().get("projects")
    if ours is not None and model in ours.get_models():
        return
    if ours is not None:
        hint = "Take `projects` out of INSTALLED_APPS: your model replaces it."
        yield Error(f"`projects` is installed beside {name}.", hint, id="secrets_app.E014")
    if membership_policy_path() == DEFAULT_POLICY:
        hint = "Set SECRETS_APP['MEMBERSHIP_POLICY'] to a class with role(user, project_id) and project_ids(user)."
        yield Error(f"Nothing says who belongs to a {name}.", hint, id="secrets_app.E015")


@register()
def rows_share_one_database(**_: Any) -> list[CheckMessage]:
    """Foreign keys join secrets to users and projects, and actions take the default database for their transactions."""
    aliases = {router.db_for_write(model) for model in _joined_models()}
    if aliases == {"default"}:
        return []
    hint = "Keep secrets_app, the user model and the project model in 'default'; other apps may live apart."
    return [Error(f"A router spreads them over {', '.join(sorted(aliases))}.", hint, id="secrets_app.E016")]


@register()
def reads_are_fresh(**_: Any) -> list[CheckMessage]:
    if all(router.db_for_read(model) == router.db_for_write(model) for model in _joined_models()):
        return []
    hint = "A copy that lags would let a removed member in. Route reads of these apps to the database that is written."
    return [checks.Warning("A router reads secrets, users or projects from a copy.", hint, id="secrets_app.W010")]


@register()
def database_is_one_that_keeps_promises(**_: Any) -> list[CheckMessage]:
    """Looks at the engine only, and connects to nothing."""
    vendor = connections[router.db_for_write(Secret)].vendor
    if vendor in TESTED_DATABASES:
        return []
    hint = "Use PostgreSQL or SQLite. MySQL and MariaDB have no partial unique constraints: a name could exist twice."
    return [Error(f"Secrets cannot be kept in {vendor}.", hint, id="secrets_app.E017")]


@register(deploy=True)
def sqlite_waits_for_its_turn(**_: Any) -> list[CheckMessage]:
    connection = connections[router.db_for_write(Secret)]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor != "sqlite" or str(options.get("transaction_mode", "")).upper() in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    hint = (
        "OPTIONS = {'transaction_mode': 'IMMEDIATE', 'init_command': 'PRAGMA journal_mode=WAL'}: else writers that "
        "meet are refused with 503 instead of waiting for one another."
    )
    return [checks.Warning("SQLite begins its transactions too late.", hint, id="secrets_app.W011")]


@register()
def moments_have_a_time_zone(**_: Any) -> list[CheckMessage]:
    if settings.USE_TZ:
        return []
    hint = "USE_TZ = True, in any TIME_ZONE. Without it the moment at which something expires depends on who reads it."
    return [Error("USE_TZ is off.", hint, id="secrets_app.E018")]


def _joined_models() -> list[type[Model]]:
    models: list[type[Model]] = [Secret]
    for get in (get_user_model, lambda: apps.get_model(_project_model_name())):
        try:
            models.append(get())
        except (LookupError, ValueError, ImproperlyConfigured):
            # Said by another check.
            continue
    return models


def _project_model_name() -> str:
    return str(getattr(settings, "SECRETS_APP_PROJECT_MODEL", DEFAULT_PROJECT_MODEL))


def _has_migrations(config: AppConfig) -> bool:
    modules = getattr(settings, "MIGRATION_MODULES", {})
    if config.label in modules:
        return modules[config.label] is not None
    return module_has_submodule(config.module, "migrations") if config.module else False
