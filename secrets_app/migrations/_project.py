"""What the first migration has to wait for: the migration of the host that makes a project's model, and its id.

`migrations.swappable_dependency` waits for the first migration of an app. A host that has been there for years made
the model, or the column of `SECRETS_APP_PROJECT_FIELD`, in a later one. In a new database, ours would then come first.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, AlterField, CreateModel, RenameField, RenameModel
from django.db.migrations.operations.base import Operation


def project_dependency(model: str, field: str | None) -> list[tuple[str, str]]:
    """Return the dependency on the first migration after which `model`, and its `field` as a unique one, is there.

    Empty where no migration says so: `secrets_app.E011` and `E013` report an app that is missing or has none.
    """
    label, _, name = model.partition(".")
    for migration, operations in _migrations(label):
        if any(_makes(operation, name.lower(), field) for operation in operations):
            return [(label, migration)]
    return []


def _migrations(label: str) -> Iterator[tuple[str, list[Operation]]]:
    try:
        package, _ = MigrationLoader.migrations_module(label)
        names = sorted(found.name for found in iter_modules(import_module(package).__path__)) if package else []
    except (LookupError, ModuleNotFoundError):
        return
    for name in names:
        if name[0] not in "_~":
            yield name, import_module(f"{package}.{name}").Migration.operations


def _makes(operation: Operation, model: str, field: str | None) -> bool:
    match operation:
        case CreateModel(name_lower=made, fields=fields) if made == model:
            return field is None or any(name == field and column.unique for name, column in fields)
        case RenameModel(new_name_lower=made) if made == model:
            return field is None
        case AddField() | AlterField():
            return (operation.model_name_lower, operation.name) == (model, field) and operation.field.unique
        case RenameField():
            return (operation.model_name_lower, operation.new_name) == (model, field)
    return False
