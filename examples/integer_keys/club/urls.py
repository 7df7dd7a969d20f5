from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("secrets_app.api.urls")),
    path("secrets/", include("neo_pages.urls")),
]
