from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("secrets_app.api.urls")),
    path("accounts/login/", LoginView.as_view(template_name="studio/sign_in.html"), name="login"),
    path("secrets/", include("neo_pages.urls")),
]
