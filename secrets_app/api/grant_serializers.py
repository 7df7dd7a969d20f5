"""Task grants as JSON. The token itself is in the answer to its creation and nowhere else."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

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
SELECTED_NAME_FORM = RegexValidator(
    rf"^({PERSONAL_PREFIX})?[A-Z][A-Z0-9_]{{0,{MAX_NAME_LENGTH - 1}}}\Z",
    f"Use the name of a secret, or {PERSONAL_PREFIX} and the name for your personal one.",
)


class SelectedNameField(TextField):
    """`NAME` or `personal:NAME`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NAME_LENGTH + len(PERSONAL_PREFIX), form=SELECTED_NAME_FORM, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return SelectedName.parse(super().run_validation(data))


class GrantCreate(StrictSerializer):
    task_id = TextField(
        default="", allow_blank=True, max_length=MAX_TASK_ID_LENGTH, form=ONE_LINE, help_text="What you call the task."
    )
    thread_id = TextField(
        required=False,
        max_length=MAX_TASK_ID_LENGTH,
        form=ONE_LINE,
        help_text="The thread that remembers what it selects; nothing is remembered when left out.",
    )
    project_id = UUIDField(allow_null=True, default=None, help_text="The project of the task; none when left out.")
    secrets = ListField(
        child=SelectedNameField(),
        allow_null=True,
        default=None,
        max_length=MAX_SELECTED,
        help_text="Names to see beside the default ones: NAME, or personal:NAME in a project's task.",
    )
    include_default = BooleanField(default=True, help_text="False takes the default-available ones away.")
    latest = BooleanField(default=False, help_text="Give the values of the moment, not the versions of the grant.")
    ttl = IntegerField(
        required=False, min_value=1, max_value=MAX_SECONDS, help_text="Whole seconds until it ends; 900 when left out."
    )
    max_uses = IntegerField(
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MAX_USES,
        help_text="How often the environment can be had; null for any number.",
    )
    scopes = ListField(
        child=ChoiceField(TaskScope.choices),
        default=list,
        max_length=len(TaskScope),
        help_text="What the task may do beyond reading its environment.",
    )


class GrantPageQuery(PageQuery):
    # Each grant comes with its secrets, so that a page of them is long already.
    limit = QueryIntegerField(default=100, min_value=1, max_value=100, help_text="At most this many results.")


class ByName(serializers.ListSerializer[Any]):
    """In the order of code points, whatever order the database keeps."""

    def to_representation(self, data: Any) -> Any:
        return super().to_representation(sorted(data, key=lambda row: row.name))


@extend_schema_serializer(component_name="GrantedSecret")
class GrantedSecretOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    owner = serializers.ChoiceField(OwnerKind.choices, source="owner_kind")
    secret_id = UUIDField(allow_null=True, help_text="null once the secret is deleted.")
    version = serializers.IntegerField(min_value=1)
    reason = serializers.ChoiceField(Reason.choices)
    is_maskable = serializers.BooleanField(help_text="Long enough to be found and hidden in what the task prints.")

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
    """What a grant would give, and what it would not and why."""

    task_id = serializers.CharField()
    thread_id = serializers.CharField()
    project_id = UUIDField(allow_null=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(TaskScope.choices))
    latest = serializers.BooleanField()
    max_uses = serializers.IntegerField(min_value=1, allow_null=True)
    secrets = GrantedSecretOut(many=True, source="granted_secrets")
    omitted = OmittedSecretOut(many=True)


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
    """A grant at its creation, the only time that its token is shown."""

    token = serializers.RegexField(rf"^{TASK_PATTERN}\Z")


class GrantList(Page):
    results = GrantOut(many=True)


@extend_schema_serializer(component_name="Environment")
class EnvironmentOut(serializers.Serializer[Any]):
    """Values in the clear, exactly as they were stored."""

    environment = serializers.DictField(child=serializers.CharField())


class RememberedQuery(StrictSerializer):
    project_id = UUIDField(required=False, help_text="Of this project's tasks only.")
    thread_id = TextField(
        required=False, max_length=MAX_TASK_ID_LENGTH, form=ONE_LINE, help_text="Of this thread only."
    )


class RememberedPageQuery(PageQuery, RememberedQuery):
    """The part of what is remembered to answer."""


@extend_schema_serializer(component_name="RememberedSecret")
class RememberedOut(serializers.Serializer[Any]):
    thread_id = serializers.CharField()
    project_id = UUIDField(allow_null=True)
    owner = serializers.ChoiceField(OwnerKind.choices, source="owner_kind")
    name = serializers.CharField()
    created_at = DateTimeField()


class RememberedList(Page):
    results = RememberedOut(many=True)
