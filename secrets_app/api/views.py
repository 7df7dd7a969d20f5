"""The secrets API. Each method parses the request, fetches what the user can see, calls one action and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from neo_base import quick_way
from neo_base.access.standing import NOTHING, Question
from neo_base.rest.documentation import PolymorphicProxySerializer, extend_schema
from neo_base.rest.idempotency import made_once
from neo_base.rest.offset_pagination import envelope
from neo_base.rest.refused_attempts import get_visible_or_404
from neo_base.rest.serializers import EmptySerializer, PageQuery
from neo_base.rest.views import MEBIBYTE
from secrets_app.actions.copies import copy_secret
from secrets_app.actions.creation import Draft, create_secret, create_secrets
from secrets_app.actions.imports import OnConflict, import_secrets
from secrets_app.actions.moves import edit_secret
from secrets_app.actions.secrets import delete_secret, promote_secret, restore_version
from secrets_app.actions.setting import set_secret
from secrets_app.api import serializers
from secrets_app.api.base import PolicyView, named_project_ids
from secrets_app.api.etags import asks_for_changes, etag_of, has, if_match, not_modified, page_etag, unless_known
from secrets_app.api.questions import own_stamp, role_and_stamp, role_in, secret_and_role, secret_in, stamp_in
from secrets_app.api.shapes import secret_detail, secret_out
from secrets_app.conf import conf
from secrets_app.errors import TooManySecrets
from secrets_app.models import Secret
from secrets_app.models.shown_secret import ShownSecret, page_of
from secrets_app.models.stamps import stamp_of
from secrets_app.owners import Owner
from secrets_app.policies import Permission, require


class BaseSecretView(PolicyView):
    def question(self) -> Question:
        """Ask for the secret that the URL names, and for the role of the user in its project."""
        return secret_and_role(self.kwargs["secret_id"]) if "secret_id" in self.kwargs else NOTHING

    def visible_secret(self, secret_id: UUID) -> Secret:
        """Return the secret if the user holds the permission that the request needs for it.

        Raise NotFound if they cannot see it, RoleTooLow or ScopeMissing if they can.
        """
        secret = get_visible_or_404(Secret.objects.visible_to(self.actor), secret_id)
        self.check_object_permissions(self.request, secret)
        return secret

    def shown_secret(self, secret_id: UUID) -> Secret | ShownSecret:
        """Return the secret as `visible_secret` does, from the answer to `question` if the user sees it there."""
        secret = secret_in(self.standing, self.actor)
        quick_way.note("secret", is_quick=secret is not None)
        if secret is None:
            return self.visible_secret(secret_id)
        self.check_object_permissions(self.request, secret)
        return secret

    def owner_of(self, project_id: UUID | None) -> Owner:
        """Return the project as the owner if there is one, else the signed-in user."""
        return Owner.of(self.request.user.pk, project_id)

    def draft(self, item: Mapping[str, Any]) -> Draft:
        """Return the secret to create from its validated fields."""
        columns = dict(item)
        return Draft(owner=self.owner_of(columns.pop("project_id")), **columns)

    def detail(self, secret: Secret | ShownSecret) -> Response:
        """Return the answer with one full secret and its ETag, or 304 if a client that reads it has that."""
        body, etag = secret_detail(secret), etag_of(secret)
        # Whether it can be read depends on the keys of the moment, so no ETag tells.
        return unless_known(self.request, body, etag, certain=body["is_readable"])


@extend_schema(tags=["Secrets"])
class SecretListView(BaseSecretView):
    permissions = {"GET": Permission.SECRET_VIEW, "POST": Permission.SECRET_CREATE}
    query_serializers = {"GET": serializers.SecretQuery}
    problem_statuses = {"GET": [403], "POST": [403, 409]}
    request_examples = {"POST": {"name": "GITHUB_TOKEN", "value": "ghp_0123456789abcdefwxyz"}}

    def question(self) -> Question:
        """Ask for the role in the project whose secrets are listed, or where one is created."""
        if self.request.method not in ("GET", "HEAD"):
            return self.role_in_named_project()
        project_id, is_known = next(self.requested_project_ids(), None), asks_for_changes(self.request)
        if project_id is None:
            return own_stamp() if is_known else NOTHING
        return role_and_stamp(project_id) if is_known else role_in(project_id)

    def requested_project_ids(self) -> Iterator[UUID]:
        named = self.request.query_params if self.request.method != "POST" else self.body
        return named_project_ids([named])

    @extend_schema(
        operation_id="listSecrets", summary="List secrets", responses={200: serializers.SecretList, 304: None}
    )
    def get(self, request: Request) -> Response:
        """List your personal secrets, or with `project_id` those of the project. Values are masked.

        A list on one page has an `ETag`. Send it back as `If-None-Match`, and an unchanged list is 304.
        """
        owner = self.owner_of(self.query.pop("project_id", None))
        require(self.actor, Permission.SECRET_VIEW, owner)
        # A list shows the mask, which is stored beside the value, so the value is not even fetched.
        quick_way.note("list", is_quick=self.standing is not None)
        stamp = stamp_in(self.standing)
        if stamp is not None and has(request, page_etag(request, stamp)):
            return not_modified(page_etag(request, stamp))
        secrets, count = page_of(owner, **self.query)
        results = [secret_detail(secret) for secret in secrets]
        place = {"limit": self.query["limit"], "offset": self.query["offset"]}
        # The stamp tells of all secrets of the owner, so a page has an ETag if it shows them all.
        is_whole = len(secrets) == count and not self.query.get("search")
        is_certain = is_whole and all(each["is_readable"] for each in results)
        etag = page_etag(request, stamp_of(secrets)) if is_certain else None
        return unless_known(request, envelope(request, results, count=count, **place), etag)

    @extend_schema(
        operation_id="createSecret",
        summary="Create a secret",
        request=serializers.SecretCreate,
        responses={201: serializers.SecretOut},
    )
    @made_once
    def post(self, request: Request) -> Response:
        """Store a secret, personal or shared with a project. Only tasks get its value back."""
        body = serializers.SecretCreate.validated(self.body)
        secret = create_secret(actor=self.actor, draft=self.draft(body))
        return Response(secret_out(secret), 201, headers={"ETag": secret.etag})


@extend_schema(tags=["Secrets"])
class SecretBatchView(BaseSecretView):
    permissions = {"POST": Permission.SECRET_CREATE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {
        "POST": {
            "secrets": [
                {"name": "FIRST_KEY", "value": "first-of-two-values"},
                {"name": "SECOND_KEY", "value": "second"},
            ]
        }
    }
    max_body_bytes = 8 * MEBIBYTE

    def question(self) -> Question:
        """Ask for the role in the project of the first secret: as a rule, it is that of all."""
        return self.role_in_named_project()

    def requested_project_ids(self) -> Iterator[UUID]:
        items = self.body.get("secrets")
        # The serializer refuses a list that is too long; until then, looking at its items would only cost time.
        return named_project_ids(items if isinstance(items, list) and len(items) <= serializers.MAX_BATCH else [])

    @extend_schema(
        operation_id="createSecrets",
        summary="Create several secrets",
        request=PolymorphicProxySerializer(
            component_name="SecretBatchRequest",
            serializers=[serializers.SecretBatch, serializers.SecretBatchAnyName],
            resource_type_field_name=None,
        ),
        responses={201: serializers.SecretBatchAnswer},
    )
    @made_once
    def post(self, request: Request) -> Response:
        """Store up to 50 secrets at once: all of them or none."""
        any_name = self.body.get("sanitize_names") is True
        body = (serializers.SecretBatchAnyName if any_name else serializers.SecretBatch).validated(self.body)
        secrets = create_secrets(
            actor=self.actor,
            drafts=[self.draft(item) for item in body["secrets"]],
            rename=body["on_conflict"] == "rename",
        )
        return Response({"results": [secret_out(secret) for secret in secrets]}, 201)


@extend_schema(tags=["Secrets"])
class SecretImportView(BaseSecretView):
    permissions = {"POST": Permission.SECRET_CREATE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {
        "POST": {"secrets": [{"name": "NPM_TOKEN", "value": "npm_0123456789abcdef"}], "on_conflict": "replace"}
    }
    max_body_bytes = 8 * MEBIBYTE

    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.body])

    @extend_schema(
        operation_id="importSecrets",
        summary="Import secrets",
        request=PolymorphicProxySerializer(
            component_name="SecretImportRequest",
            serializers=[serializers.SecretImport, serializers.SecretImportAnyName],
            resource_type_field_name=None,
        ),
        responses={200: serializers.SecretImportAnswer},
    )
    def post(self, request: Request) -> Response:
        """Store as many secrets of one owner as it may have: all of them or none.

        With `"on_conflict": "replace"`, the permission to update secrets is needed, too.
        """
        items = self.body.get("secrets")
        if isinstance(items, list) and len(items) > conf.max_secrets_per_scope:
            # Whatever else is wrong with them: an answer to so many would be long.
            raise TooManySecrets()
        any_name = self.body.get("sanitize_names") is True
        body = (serializers.SecretImportAnyName if any_name else serializers.SecretImport)(data=request.data)
        body.is_valid(raise_exception=True)
        owner = self.owner_of(body.validated_data["project_id"])
        is_default = body.validated_data["default_available"]
        imported = import_secrets(
            actor=self.actor,
            owner=owner,
            drafts=[Draft(owner, default_available=is_default, **item) for item in body.validated_data["secrets"]],
            on_conflict=OnConflict(body.validated_data["on_conflict"]),
        )
        return Response({"results": serializers.ImportedOut(imported, many=True).data})


@extend_schema(tags=["Secrets"])
class SecretSetView(BaseSecretView):
    permissions = {"POST": Permission.SECRET_CREATE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {"POST": {"name": "GITLAB_TOKEN", "value": "glp_0123456789abcdefwxyz", "expires_at": None}}

    def requested_project_ids(self) -> Iterator[UUID]:
        return named_project_ids([self.body])

    @extend_schema(
        operation_id="setSecret",
        summary="Create a secret, or set its value",
        request=serializers.SecretSet,
        responses={200: serializers.SecretDetail, 201: serializers.SecretDetail},
    )
    @made_once
    def post(self, request: Request) -> Response:
        """Create a secret with all that can be set about it (201); where the name is taken, set the value (200).

        The value becomes a new version then, and what you leave out stays as it is. That needs the permission to
        update secrets, too.
        """
        changes = serializers.SecretSet.validated(request.data)
        owner = self.owner_of(changes.pop("project_id"))
        name, value = changes.pop("name"), changes.pop("value")
        secret, is_new = set_secret(actor=self.actor, owner=owner, name=name, value=value, changes=changes)
        return Response(secret_detail(secret), 201 if is_new else 200, headers={"ETag": secret.etag})


@extend_schema(tags=["Secrets"])
class SecretCopyView(BaseSecretView):
    permissions = {"POST": Permission.RUNTIME_USE}
    problem_statuses = {"POST": [403, 409]}
    request_examples = {"POST": {"name": "COPY_OF_TOKEN"}}

    @extend_schema(
        operation_id="copySecret",
        summary="Copy a secret",
        request=serializers.SecretCopy,
        responses={201: serializers.SecretDetail},
    )
    @made_once
    def post(self, request: Request, secret_id: UUID) -> Response:
        """Create a secret with the current value of this one, for the same owner or another.

        The copy has its description and expiry. Former versions stay behind, and no task gets the copy by default. It
        takes the permission to give the value to tasks, and to create secrets where the copy goes.
        """
        original = self.visible_secret(secret_id)
        body = serializers.SecretCopy.validated(request.data)
        owner = self.owner_of(body["project_id"]) if "project_id" in body else original.owner
        copy = copy_secret(actor=self.actor, secret_id=secret_id, owner=owner, name=body.get("name"))
        return Response(secret_detail(copy), 201, headers={"ETag": copy.etag})


@extend_schema(tags=["Secrets"])
class SecretView(BaseSecretView):
    permissions = {
        "GET": Permission.SECRET_VIEW,
        "PATCH": Permission.SECRET_UPDATE,
        "DELETE": Permission.SECRET_DELETE,
    }
    problem_statuses = {"GET": [403], "PATCH": [403, 409, 412], "DELETE": [403, 412]}
    request_examples = {"PATCH": {"value": "another-value-0123456789", "description": "For the CI runner"}}

    @extend_schema(
        operation_id="getSecret", summary="Get a secret", responses={200: serializers.SecretDetail, 304: None}
    )
    def get(self, request: Request, secret_id: UUID) -> Response:
        """Get one secret, its value masked. The `ETag` header identifies its current state.

        Send it back as `If-None-Match`, and an unchanged secret is 304.
        """
        return self.detail(self.shown_secret(secret_id))

    @extend_schema(
        operation_id="updateSecret",
        summary="Update a secret",
        request=serializers.SecretUpdate,
        responses=serializers.SecretDetail,
    )
    def patch(self, request: Request, secret_id: UUID) -> Response:
        """Change a secret. A `value` becomes a new version; another `name` or `project_id` renames or moves it.

        Moving needs the permission to delete where the secret is, and to create where it goes.
        With `If-Match`, the secret is changed only if its ETag is still the one that you send.
        """
        self.shown_secret(secret_id)
        changes = serializers.SecretUpdate.validated(request.data)
        name, value = changes.pop("name", None), changes.pop("value", None)
        owner = self.owner_of(changes.pop("project_id")) if "project_id" in changes else None
        secret = edit_secret(
            actor=self.actor,
            secret_id=secret_id,
            name=name,
            owner=owner,
            changes=changes,
            value=value,
            if_match=if_match(request),
        )
        return self.detail(secret)

    @extend_schema(operation_id="deleteSecret", summary="Delete a secret", responses={204: None})
    def delete(self, request: Request, secret_id: UUID) -> Response:
        """Delete a secret and all of its versions, at once and for good. `If-Match` is honoured."""
        self.shown_secret(secret_id)
        delete_secret(actor=self.actor, secret_id=secret_id, if_match=if_match(request))
        return Response(status=204)


@extend_schema(tags=["Secrets"])
class SecretPromoteView(BaseSecretView):
    permissions = {"POST": Permission.SECRET_PROMOTE}
    problem_statuses = {"POST": [403, 412]}

    @extend_schema(
        operation_id="promoteSecret",
        summary="Promote a secret out of quarantine",
        request=None,
        responses={200: serializers.SecretDetail},
    )
    def post(self, request: Request, secret_id: UUID) -> Response:
        """End the quarantine of a secret, so that other tasks get it, too. `If-Match` is honoured.

        If it is a project's and its name changes how programs run, only an admin of the project can. A secret that is
        not in quarantine stays as it is.
        """
        self.shown_secret(secret_id)
        EmptySerializer.validated(self.body)
        return self.detail(promote_secret(actor=self.actor, secret_id=secret_id, if_match=if_match(request)))


@extend_schema(tags=["Versions"])
class SecretVersionListView(BaseSecretView):
    permissions = {"GET": Permission.SECRET_VIEW}
    query_serializers = {"GET": PageQuery}
    problem_statuses = {"GET": [403]}

    @extend_schema(operation_id="listSecretVersions", summary="List versions", responses=serializers.SecretVersionList)
    def get(self, request: Request, secret_id: UUID) -> Response:
        """List the kept versions of a secret, newest first. Values are masked."""
        secret = self.visible_secret(secret_id)
        rows = [secret, *secret.former_versions.all()]
        shown = rows[self.query["offset"] :][: self.query["limit"]]
        results = serializers.SecretVersionOut(shown, many=True).data
        return Response(envelope(request, results, count=len(rows), **self.query))


@extend_schema(tags=["Versions"])
class SecretVersionRestoreView(BaseSecretView):
    permissions = {"POST": Permission.SECRET_UPDATE}
    problem_statuses = {"POST": [403, 409, 412]}

    @extend_schema(
        operation_id="restoreSecretVersion",
        summary="Restore a version",
        request=None,
        responses={200: serializers.SecretDetail},
    )
    def post(self, request: Request, secret_id: UUID, version: int) -> Response:
        """Restore a kept version: its value becomes the current one, as a new version. `If-Match` is honoured."""
        self.shown_secret(secret_id)
        EmptySerializer.validated(self.body)
        secret = restore_version(actor=self.actor, secret_id=secret_id, version=version, if_match=if_match(request))
        return self.detail(secret)
