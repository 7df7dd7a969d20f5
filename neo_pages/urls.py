"""The addresses of the pages. A host mounts them anywhere: `path("secrets/", include("neo_pages.urls"))`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from neo_base.apps import installed_apps
from neo_pages.views import audit, creation, home, imports, secret, secrets, tasks, tokens

app_name = "neo_pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("secrets/", secrets.personal_list, name="secrets"),
    path("secrets/new/", creation.create, name="secret_new"),
    path("secrets/import/", imports.dotenv, name="secret_import"),
    path("secrets/<uuid:secret_id>/", secret.show, name="secret"),
    path("secrets/<uuid:secret_id>/edit/", secret.edit, name="secret_edit"),
    path("secrets/<uuid:secret_id>/value/", secret.new_value, name="secret_value"),
    path("secrets/<uuid:secret_id>/send/", secret.send, name="secret_send"),
    path("secrets/<uuid:secret_id>/delete/", secret.delete, name="secret_delete"),
    path("secrets/<uuid:secret_id>/promote/", secret.promote, name="secret_promote"),
    path("secrets/<uuid:secret_id>/versions/<int:version>/restore/", secret.restore, name="secret_restore"),
    path("projects/<uuid:project_id>/", secrets.project_list, name="project_secrets"),
    path("projects/<uuid:project_id>/audit/", audit.project_log, name="project_audit"),
    path("projects/<uuid:project_id>/tokens/", tokens.project_tokens, name="project_tokens"),
    path("audit/", audit.personal_log, name="audit"),
    path("tokens/", tokens.personal_tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/grant/", tasks.grant, name="grant"),
    path("tasks/grants/<uuid:grant_id>/revoke/", tasks.revoke, name="grant_revoke"),
]
if "projects" in installed_apps():
    # Its models are imported only where they are installed.
    urlpatterns += [path("", include("neo_pages.projects.urls"))]
