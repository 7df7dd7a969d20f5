"""Task grants as JSON. Only the answer that creates a grant contains its token."""

from __future__ import annotations

import re
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from neo_base.rest.documentation import extend_schema_serializer
from neo_base.rest.fields import (
    ONE_LINE,
    BooleanField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    ListField,
    QueryIntegerField,
    TextField,
    UUIDField,
)
from neo_base.rest.serializers import Page, PageQuery, StrictSerializer
from secrets_app.models.secret import MAX_NAME_LENGTH
from secrets_app.models.task_grant import MAX_TASK_ID_LENGTH, Omission, OwnerKind, Reason, TaskScope
from secrets_app.tasks.selection import PERSONAL_PREFIX, SelectedName
from secrets_app.token_format import TASK_PATTERN

MAX_SELECTED = 500
MAX_SECONDS = 86_400
MAX_USES = 2**31 - 1
SELECTED_NAME = re.compile(rf"^({PERSONAL_PREFIX})?[A-Z][A-Z0-9_]{{0,{MAX_NAME_LENGTH - 1}}}\Z")
SELECTED_NAME_FORM = RegexValidator(
    SELECTED_NAME.pattern,
    f"Use the name of a secret. Put {PERSONAL_PREFIX} before it to select your personal one.",
)


class SelectedNameField(TextField):
    """The name of a secret that a task selects: `NAME` or `personal:NAME`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NAME_LENGTH + len(PERSONAL_PREFIX), form=SELECTED_NAME_FORM, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return SelectedName.parse(super().run_validation(data))


class SelectedNamesField(ListField):
    """Names of secrets that a task selects."""

    def run_child_validation(self, data: list[Any]) -> list[SelectedName]:
        # What has the form meets all other rules, too. The message about anything else comes from those.
        if all(isinstance(item, str) and SELECTED_NAME.fullmatch(item) for item in data):
            return [SelectedName.parse(item) for item in data]
        names: list[SelectedName] = super().run_child_validation(data)
        return names


class GrantCreate(StrictSerializer):
    task_id = TextField(
        default="", allow_blank=True, max_length=MAX_TASK_ID_LENGTH, form=ONE_LINE, help_text="Your name for the task."
    )
    thread_id = TextField(
        required=False,
        max_length=MAX_TASK_ID_LENGTH,
        form=ONE_LINE,
        help_text="The thread that remembers the selected names. If omitted, nothing is remembered.",
    )
    project_id = UUIDField(allow_null=True, default=None, help_text="The project of the task. Default: none.")
    secrets = SelectedNamesField(
        child=SelectedNameField(),
        allow_null=True,
        default=None,
        max_length=MAX_SELECTED,
        help_text="Secrets to give besides the default-available ones: NAME, or personal:NAME for a personal one.",
    )
    include_default = BooleanField(default=True, help_text="If false, leave out the default-available secrets.")
    latest = BooleanField(
        default=False,
        help_text="If true, give the values current when the task asks; if false, those at the grant's creation.",
    )
    ttl = IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_SECONDS,
        help_text="Lifetime in whole seconds. Default: 900, or the site's maximum if that is less.",
    )
    max_uses = IntegerField(
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MAX_USES,
        help_text="How often the task may get its environment. null: without limit.",
    )
    scopes = ListField(
        child=ChoiceField(TaskScope.choices),
        default=list,
        max_length=len(TaskScope),
        help_text="What the task may do besides reading its environment.",
    )


class GrantPageQuery(PageQuery):
    # Each grant is listed with all of its secrets, so 100 grants already make a long page.
    limit = QueryIntegerField(default=100, min_value=1, max_value=100, help_text="At most this many results.")


class ByName(serializers.ListSerializer[Any]):
    """A list sorted by name, in the order of code points, whatever collation the database uses."""

    def to_representation(self, data: Any) -> Any:
        return super().to_representation(sorted(data, key=lambda row: row.name))


@extend_schema_serializer(component_name="GrantedSecret")
class GrantedSecretOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    owner = serializers.ChoiceField(OwnerKind.choices, source="owner_kind")
    secret_id = UUIDField(allow_null=True, help_text="null if the secret has been deleted.")
    version = serializers.IntegerField(min_value=1)
    reason = serializers.ChoiceField(Reason.choices)
    is_maskable = serializers.BooleanField(
        help_text="True if the value is long enough to be redacted from the task's output."
    )

    class Meta:
        list_serializer_class = ByName


@extend_schema_serializer(component_name="OmittedSecret")
class OmittedSecretOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    owner = serializers.ChoiceField(OwnerKind.choices)
    secret_id = serializers.UUIDField()
    reason = serializers.ChoiceField(Omission.choices)


@extend_schema_serializer(component_name="TaskGrantExplanation")
class GrantExplanation(serializers.Serializer[Any]):
    """The secrets that a grant gives to its task, and those that it leaves out, with the reasons."""

    task_id = serializers.CharField()
    thread_id = serializers.CharField()
    project_id = UUIDField(allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(TaskScope.choices))
    latest = serializers.BooleanField()
    max_uses = serializers.IntegerField(min_value=1, allow_null=True)
    secrets = GrantedSecretOut(many=True, source="granted_secrets")
    omitted = OmittedSecretOut(many=True, source="omitted_secrets")


@extend_schema_serializer(component_name="TaskGrant")
class GrantOut(GrantExplanation):
    id = UUIDField()
    uses = serializers.IntegerField(min_value=0)
    created_at = DateTimeField()
    expires_at = DateTimeField()
    last_used_at = DateTimeField(allow_null=True)
    revoked_at = DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="NewTaskGrant")
class NewGrantOut(GrantOut):
    """A new grant. This is the only answer that shows its token."""

    token = serializers.RegexField(rf"^{TASK_PATTERN}\Z")


class GrantList(Page):
    results = GrantOut(many=True)


@extend_schema_serializer(component_name="Environment")
class EnvironmentOut(serializers.Serializer[Any]):
    """The values of the task's secrets by name, in plaintext, exactly as they were stored."""

    environment = serializers.DictField(child=serializers.CharField())
    exempt_from_redaction = serializers.ListField(
        child=serializers.CharField(),
        help_text="The names of the secrets whose values may show in the task's output, sorted.",
    )


class RememberedQuery(StrictSerializer):
    project_id = UUIDField(required=False, help_text="Only names remembered for tasks of this project.")
    thread_id = TextField(
        required=False, max_length=MAX_TASK_ID_LENGTH, form=ONE_LINE, help_text="Only names remembered by this thread."
    )


class RememberedPageQuery(PageQuery, RememberedQuery):
    """The filter and the page of the remembered names to list."""


@extend_schema_serializer(component_name="RememberedSecret")
class RememberedOut(serializers.Serializer[Any]):
    thread_id = serializers.CharField()
    project_id = UUIDField(allow_null=True)
    owner = serializers.ChoiceField(OwnerKind.choices, source="owner_kind")
    name = serializers.CharField()
    created_at = DateTimeField()


class RememberedList(Page):
    results = RememberedOut(many=True)
