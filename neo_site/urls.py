"""All routes of the site."""

from django.contrib import admin
from django.urls import include, path

from neo_site import health, openapi, problems
from neo_site.metrics import views

urlpatterns = [
    path("api/v1/auth/", include("neo_site.signin.urls")),
    # Secrets first: they are asked for most, and Django tries one pattern after the other.
    path("api/v1/", include("secrets_app.api.urls")),
    path("api/v1/", include("projects.api.urls")),
    path("api/v1/", include("neo_site.accounts.api.urls")),
    path("api/openapi.json", openapi.DocumentView.as_view(), name="openapi"),
    path("api/docs", openapi.PageView.as_view(), name="docs"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("writez", health.writez, name="writez"),
    path("metrics", views.metrics, name="metrics"),
    path("accounts/", include("neo_site.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("neo_pages.urls")),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
