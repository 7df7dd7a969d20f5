"""To be included under `api/v1/`."""

from __future__ import annotations

from neo_base.rest.urls import endpoint
from neo_site.accounts.api import views

urlpatterns = [
    *endpoint("user", views.UserView.as_view(), "user"),
    *endpoint("user/password", views.PasswordView.as_view(), "user-password"),
    *endpoint("user/sessions", views.SessionListView.as_view(), "user-sessions"),
    *endpoint("user/sessions/<str:session_id>", views.SessionView.as_view(), "user-session"),
]
