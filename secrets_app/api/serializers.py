"""Secrets as JSON. The shapes are closed, each field has one JSON type, and no answer contains a value."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from neo_base.rest.documentation import extend_schema_field, extend_schema_serializer
from neo_base.rest.fields import BooleanField, ChoiceField, DateTimeField, ListField, TextField, UUIDField
from neo_base.rest.serializers import Page, PageQuery, StrictSerializer
from secrets_app.actions.imports import OnConflict, Outcome
from secrets_app.masks import masked_value
from secrets_app.models import Secret, SecretVersion
from secrets_app.models.names import sanitize
from secrets_app.models.secret import (
    DEFAULT_ORDER,
    MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH,
    MAX_VALUE_LENGTH,
    NAME_FORM,
    ORDERS,
)
from secrets_app.plaintext import BULLETS, Plaintext

MAX_BATCH = 50
# More than an owner can have by default. What an owner has room for is checked by the action.
MAX_IMPORT = 10_000
READABLE = "False if the stored value cannot be decrypted, or could not be when the site last verified all values."
ANY_NAME = RegexValidator(r"^[^\x00]*[A-Za-z0-9][^\x00]*\Z", "Use at least one letter A to Z or digit.")


class ValueField(TextField):
    """A value, taken exactly as sent and wrapped in `Plaintext` at once, so that no later code shows it by accident."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=MAX_VALUE_LENGTH, write_only=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        text = super().run_validation(data)
        return Plaintext(text) if isinstance(text, str) else text


class NameField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=MAX_NAME_LENGTH, form=NAME_FORM, **kwargs)


class AnyNameField(TextField):
    """A name in any form, converted to upper snake case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=MAX_NAME_LENGTH, form=ANY_NAME, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return sanitize(super().run_validation(data))


class SecretFields(StrictSerializer):
    value = ValueField(help_text="Stored encrypted, exactly as sent. Only tasks get it back.")
    created_by_agent = BooleanField(default=False)
    default_available = BooleanField(
        default=False,
        help_text="If true, every task of the owner gets the secret; if false, only tasks that select it.",
    )
    project_id = UUIDField(
        allow_null=True,
        default=None,
        help_text="The project to share the secret with. Default: none, a personal secret.",
    )


class SecretCreate(SecretFields):
    name = NameField(help_text="The name of the environment variable that tasks get.")


class SecretCreateAnyName(SecretFields):
    name = AnyNameField(help_text="Converted to upper snake case.")


@extend_schema_field({"type": "boolean", "oneOf": [{"enum": [False]}]})
class NotSanitizedField(BooleanField):
    """A constant false, which tells a batch of exact names from one of names in any form."""


@extend_schema_field({"type": "boolean", "oneOf": [{"enum": [True]}]})
class SanitizedField(BooleanField):
    """A constant true, which tells a batch of names in any form from one of exact names."""


class BatchFields(StrictSerializer):
    on_conflict = ChoiceField(
        ["refuse", "rename"],
        default="refuse",
        help_text="If a name is taken, `refuse` creates no secret at all; `rename` appends _2, _3, … to the name.",
    )


class SecretBatch(BatchFields):
    secrets = ListField(child=SecretCreate(), min_length=1, max_length=MAX_BATCH)
    sanitize_names = NotSanitizedField(default=False)


class SecretBatchAnyName(BatchFields):
    """A batch with `"sanitize_names": true`, whose names may have any form."""

    secrets = ListField(child=SecretCreateAnyName(), min_length=1, max_length=MAX_BATCH)
    sanitize_names = SanitizedField()


class ImportValue(StrictSerializer):
    value = ValueField(help_text="Stored encrypted, exactly as sent. Only tasks get it back.")


class ImportItem(ImportValue):
    name = NameField(help_text="The name of the environment variable that tasks get.")


class ImportItemAnyName(ImportValue):
    name = AnyNameField(help_text="Converted to upper snake case.")


@extend_schema_field({"type": "string", "oneOf": [{"enum": [each.value]} for each in OnConflict]})
class OnConflictField(ChoiceField):
    """The choice of an import. An `enum` of its own would clash with that of a batch, which has the same name."""


class ImportFields(StrictSerializer):
    project_id = UUIDField(
        allow_null=True, default=None, help_text="The project to store them in. Default: none, personal secrets."
    )
    default_available = BooleanField(
        default=False, help_text="For secrets that are created: if true, every task of the owner gets them."
    )
    on_conflict = OnConflictField(
        [each.value for each in OnConflict],
        default=OnConflict.REFUSE.value,
        help_text="If a name is taken: `refuse` imports nothing, `rename` appends _2, _3, … to the name, `skip` leaves "
        "the present secret as it is, and `replace` gives it a new version.",
    )


class SecretImport(ImportFields):
    secrets = ListField(child=ImportItem(), min_length=1, max_length=MAX_IMPORT)
    sanitize_names = NotSanitizedField(default=False)


class SecretImportAnyName(ImportFields):
    """An import with `"sanitize_names": true`, whose names may have any form."""

    secrets = ListField(child=ImportItemAnyName(), min_length=1, max_length=MAX_IMPORT)
    sanitize_names = SanitizedField()


class ImportedOut(serializers.Serializer[Any]):
    id = UUIDField()
    name = serializers.CharField(help_text="The name that the secret has.")
    outcome = serializers.ChoiceField([each.value for each in Outcome])


class SecretImportAnswer(serializers.Serializer[Any]):
    results = ImportedOut(many=True)


class SettingFields(StrictSerializer):
    """What can be set about a secret beside its value."""

    default_available = BooleanField(required=False, allow_null=True, help_text="null leaves it unchanged.")
    description = TextField(required=False, allow_blank=True, max_length=MAX_DESCRIPTION_LENGTH)
    expires_at = DateTimeField(required=False, allow_null=True, help_text="null removes the expiry.")
    is_exempt_from_redaction = BooleanField(
        required=False,
        help_text="For people who may promote the secret: if true, what tasks print of its value stays readable.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("default_available", False) is None:
            del attrs["default_available"]
        return attrs


class SecretUpdate(SettingFields):
    name = NameField(required=False, help_text="The new name. Grants that name the secret no longer give it.")
    project_id = UUIDField(
        required=False,
        allow_null=True,
        help_text="The project to move the secret to; null makes it your personal secret. Left out, it stays.",
    )
    value = ValueField(required=False, help_text="The new value, stored as a new version.")


class SecretSet(SettingFields):
    name = NameField(help_text="The name of the environment variable that tasks get.")
    value = ValueField(help_text="Stored encrypted, exactly as sent. Only tasks get it back.")
    project_id = UUIDField(
        allow_null=True, default=None, help_text="The project to share the secret with. Default: none, a personal one."
    )


class SecretCopy(StrictSerializer):
    name = NameField(required=False, help_text="The name of the copy. Default: that of the original.")
    project_id = UUIDField(
        required=False,
        allow_null=True,
        help_text="The project that gets the copy; null makes it your personal secret. Default: the same owner.",
    )


@extend_schema_field({"type": "string", "example": f"ghp{BULLETS}wxyz"})
class MaskField(serializers.CharField):
    """The mask of a value; only bullets if the value cannot be decrypted."""


class MaskedRow:
    """A row with its mask, which is opened once, however many fields depend on it."""

    def __init__(self, row: Secret | SecretVersion) -> None:
        mask = masked_value(row)
        self.row = row
        self.masked_value = BULLETS if mask is None else mask
        self.is_readable = mask is not None and not row.is_damaged

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class MaskedSerializer(serializers.Serializer[Any]):
    """The base of serializers that show a mask."""

    def to_representation(self, instance: Secret | SecretVersion) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(MaskedRow(instance))
        return shown


@extend_schema_serializer(component_name="Secret")
class SecretOut(MaskedSerializer):
    """A secret as the endpoints that create secrets return it."""

    id = UUIDField()
    name = serializers.CharField()
    masked_value = MaskField()
    default_available = serializers.BooleanField()
    created_by_agent = serializers.BooleanField()
    project_id = UUIDField(allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()


@extend_schema_serializer(component_name="SecretDetail")
class SecretDetail(SecretOut):
    """A secret as all other endpoints return it."""

    description = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    expires_at = DateTimeField(allow_null=True)
    last_used_at = DateTimeField(allow_null=True)
    is_readable = serializers.BooleanField(help_text=READABLE)
    is_maskable = serializers.BooleanField(
        help_text="True if the value is long enough to be redacted from a task's output."
    )
    is_exempt_from_redaction = serializers.BooleanField(
        help_text="True if a person said that the value is no secret, so that a task's output may show it."
    )
    is_quarantined = serializers.BooleanField(
        help_text="True until a person promotes it; before that, other tasks do not get it by default."
    )
    quarantine_reason = serializers.CharField(
        help_text="`agent`: a task created it, and no other task gets it. `risky_name`: its name changes how programs "
        "run, and only tasks that select it get it. Empty if it is not in quarantine."
    )
    task_id = serializers.CharField(help_text="The `task_id` of the task that created it; empty if none did.")


class SecretList(Page):
    results = SecretDetail(many=True)


class SecretBatchAnswer(serializers.Serializer[Any]):
    results = SecretOut(many=True)


@extend_schema_serializer(component_name="SecretVersion")
class SecretVersionOut(MaskedSerializer):
    """One kept version of a secret."""

    version = serializers.IntegerField(min_value=1)
    masked_value = MaskField()
    is_current = serializers.BooleanField()
    is_readable = serializers.BooleanField(help_text=READABLE)
    created_at = DateTimeField(source="set_at")


class SecretVersionList(Page):
    results = SecretVersionOut(many=True)


class SecretQuery(PageQuery):
    search = TextField(
        required=False, allow_blank=True, max_length=MAX_NAME_LENGTH, help_text="Part of a name or a description."
    )
    ordering = ChoiceField(
        [f"{sign}{column}" for column in ORDERS for sign in ("", "-")],
        default=DEFAULT_ORDER,
        help_text="What to sort by; `-` reverses it. Without a time to sort by, a secret comes last.",
    )
    project_id = UUIDField(required=False, help_text="List this project's secrets instead of your personal ones.")
