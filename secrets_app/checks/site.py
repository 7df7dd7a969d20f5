"""System checks of what the site brings along: its project model, databases and time zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections, router
from django.db.models import Model, UUIDField
from django.utils.module_loading import module_has_submodule

from neo_base.apps import installed_apps
from neo_base.site_settings import unknown_keys
from secrets_app.conf import DEFAULT_POLICY, Settings, membership_policy_path
from secrets_app.models import Secret
from secrets_app.models.project import DEFAULT_PROJECT_MODEL

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
        hint = "Install its app, or name another model as 'app_label.Model'. The first migration fixes the choice."
        message = f"SECRETS_APP_PROJECT_MODEL is {name!r}, which is not an installed model."
        return [Error(message, hint, id="secrets_app.E011")]
    return list(_project_model_messages(model, name))


def _project_model_messages(model: type[Model], name: str) -> Iterator[CheckMessage]:
    if not _is_known_by_a_uuid(model):
        hint = (
            "Secrets are bound to their project's UUID. Name a field of the model in SECRETS_APP_PROJECT_FIELD that is "
            "`models.UUIDField(default=uuid.uuid4, unique=True, editable=False)`; add one if there is none."
        )
        yield Error(f"{_id_of(name)} is not a unique UUID that is never empty.", hint, id="secrets_app.E012")
    if _project_field_name() in (model._meta.pk.name, "pk"):
        hint = (
            "Leave it out: the primary key is the default, and Django's migrations take the two for different things."
        )
        yield Error("SECRETS_APP_PROJECT_FIELD names the primary key.", hint, id="secrets_app.E025")
    if not _has_migrations(apps.get_app_config(model._meta.app_label)):
        hint = f"Run `manage.py makemigrations {model._meta.app_label}`. Migrations of secrets_app refer to its table."
        yield Error(f"The app of {name} has no migrations.", hint, id="secrets_app.E013")
    ours = installed_apps().get("projects")
    if ours is not None and model in ours.get_models():
        return
    if ours is not None:
        hint = "Remove `projects` from INSTALLED_APPS. Your model replaces it."
        yield Error(f"`projects` is installed, but the project model is {name}.", hint, id="secrets_app.E014")
    if membership_policy_path() == DEFAULT_POLICY:
        hint = "Set SECRETS_APP['MEMBERSHIP_POLICY'] to a class with role(user, project_id) and project_ids(user)."
        yield Error(f"No membership policy says who belongs to {name}.", hint, id="secrets_app.E015")


@register()
def rows_share_one_database(**_: Any) -> list[CheckMessage]:
    """Return an error if a router stores secrets, users or projects outside of the default database.

    Foreign keys join them, and actions use the transactions of the default database.
    """
    aliases = {router.db_for_write(model) for model in _joined_models()}
    if aliases == {"default"}:
        return []
    hint = "Keep secrets_app, the user model and the project model in 'default'. Other apps may be stored elsewhere."
    message = f"A router stores secrets, users and projects in: {', '.join(sorted(aliases))}."
    return [Error(message, hint, id="secrets_app.E016")]


@register()
def reads_are_fresh(**_: Any) -> list[CheckMessage]:
    if all(router.db_for_read(model) == router.db_for_write(model) for model in _joined_models()):
        return []
    hint = "A replica that lags behind would let removed members in. Route reads of these apps to the primary database."
    return [checks.Warning("A router reads secrets, users or projects from a replica.", hint, id="secrets_app.W010")]


@register()
def database_is_supported(**_: Any) -> list[CheckMessage]:
    """Return an error for a database engine that is not tested. Opens no connection."""
    vendor = connections[router.db_for_write(Secret)].vendor
    if vendor in TESTED_DATABASES:
        return []
    hint = (
        "Use PostgreSQL or SQLite. MySQL and MariaDB have no partial unique constraints, so a name could exist twice."
    )
    return [Error(f"Secrets cannot be stored in {vendor}.", hint, id="secrets_app.E017")]


@register(deploy=True)
def sqlite_transactions_are_immediate(**_: Any) -> list[CheckMessage]:
    connection = connections[router.db_for_write(Secret)]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor != "sqlite" or str(options.get("transaction_mode", "")).upper() in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    hint = (
        "Set OPTIONS = {'transaction_mode': 'IMMEDIATE', 'init_command': 'PRAGMA journal_mode=WAL'}. Without it, "
        "concurrent writers get 503 instead of waiting for each other."
    )
    return [checks.Warning("SQLite takes the write lock too late in a transaction.", hint, id="secrets_app.W011")]


@register()
def times_have_a_time_zone(**_: Any) -> list[CheckMessage]:
    if settings.USE_TZ:
        return []
    hint = (
        "Set USE_TZ = True, with any TIME_ZONE. Without it, the time at which a secret expires depends on the reader."
    )
    return [Error("USE_TZ is off.", hint, id="secrets_app.E018")]


def _joined_models() -> list[type[Model]]:
    models: list[type[Model]] = [Secret]
    for get in (get_user_model, lambda: apps.get_model(_project_model_name())):
        try:
            models.append(get())
        except (LookupError, ValueError, ImproperlyConfigured):
            # E011 reports a missing project model, Django a missing user model.
            continue
    return models


def _project_model_name() -> str:
    return str(getattr(settings, "SECRETS_APP_PROJECT_MODEL", DEFAULT_PROJECT_MODEL))


def _is_known_by_a_uuid(model: type[Model]) -> bool:
    try:
        field = model._meta.get_field(_project_field_name() or model._meta.pk.name)
    except FieldDoesNotExist:
        return False
    return isinstance(field, UUIDField) and field.unique and not field.null


def _id_of(name: str) -> str:
    field = _project_field_name()
    return f"The field {field!r} of {name}" if field else f"The primary key of {name}"


def _project_field_name() -> str | None:
    return getattr(settings, "SECRETS_APP_PROJECT_FIELD", None)


def _has_migrations(config: AppConfig) -> bool:
    modules = getattr(settings, "MIGRATION_MODULES", {})
    if config.label in modules:
        return modules[config.label] is not None
    return module_has_submodule(config.module, "migrations") if config.module else False
