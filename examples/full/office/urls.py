from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from workspaces import views

urlpatterns = [
    path("back-office/", admin.site.urls),
    path("api/workspaces", views.WorkspaceListView.as_view()),
    path("api/workspaces/<uuid:key>/deployments", views.DeploymentView.as_view()),
    path("api/workspaces/<uuid:key>/seat", views.SeatView.as_view()),
    path("vault/", include(("secrets_app.api.urls", "secrets_app"), namespace="vault")),
    path("safe/", include("neo_pages.urls")),
    path("sign-in/", LoginView.as_view(template_name="office/sign_in.html"), name="sign-in"),
    path("sign-out/", LogoutView.as_view(next_page="sign-in"), name="logout"),
]
