"""Routes of the secrets API, to be included under the site's API prefix."""

from neo_base.rest.urls import endpoint
from secrets_app.api import audit_views, grant_views, runtime_views, token_views, views

urlpatterns = [
    *endpoint("secrets", views.SecretListView.as_view(), "secrets"),
    *endpoint("secrets/<uuid:secret_id>", views.SecretView.as_view(), "secret"),
    *endpoint("tokens", token_views.TokenListView.as_view(), "service-tokens"),
    *endpoint("tokens/<uuid:token_id>", token_views.TokenView.as_view(), "service-token"),
    *endpoint("secrets/batch", views.SecretBatchView.as_view(), "secrets-batch"),
    *endpoint("secrets/import", views.SecretImportView.as_view(), "secrets-import"),
    *endpoint("secrets/set", views.SecretSetView.as_view(), "secret-set"),
    *endpoint("secrets/<uuid:secret_id>/copy", views.SecretCopyView.as_view(), "secret-copy"),
    *endpoint("secrets/<uuid:secret_id>/promote", views.SecretPromoteView.as_view(), "secret-promote"),
    *endpoint("secrets/<uuid:secret_id>/versions", views.SecretVersionListView.as_view(), "secret-versions"),
    *endpoint(
        "secrets/<uuid:secret_id>/versions/<int:version>/restore",
        views.SecretVersionRestoreView.as_view(),
        "secret-version-restore",
    ),
    *endpoint("secrets/<uuid:secret_id>/uses", audit_views.SecretUsesView.as_view(), "secret-uses"),
    *endpoint("audit", audit_views.AuditView.as_view(), "audit"),
    *endpoint("task-grants", grant_views.GrantListView.as_view(), "task-grants"),
    *endpoint("task-grants/explain", grant_views.GrantExplainView.as_view(), "task-grant-explain"),
    *endpoint("task-grants/<uuid:grant_id>", grant_views.GrantView.as_view(), "task-grant"),
    *endpoint("remembered-secrets", grant_views.RememberedView.as_view(), "remembered-secrets"),
    *endpoint("runtime/secrets", runtime_views.TaskSecretView.as_view(), "runtime-secrets"),
    *endpoint("runtime/environment", runtime_views.EnvironmentView.as_view(), "runtime-environment"),
]
