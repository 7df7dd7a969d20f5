from django.contrib import admin
from django.urls import include, path
from workspaces import views

urlpatterns = [
    path("back-office/", admin.site.urls),
    path("api/workspaces", views.WorkspaceListView.as_view()),
    path("api/workspaces/<uuid:key>/deployments", views.DeploymentView.as_view()),
    path("api/workspaces/<uuid:key>/seat", views.SeatView.as_view()),
    path("vault/", include(("secrets_app.api.urls", "secrets_app"), namespace="vault")),
]
