from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("projects.api.urls")),
    path("api/v1/", include("secrets_app.api.urls")),
]
