"""To be included under `api/v1/auth/`."""

from __future__ import annotations

from neo_base.rest.urls import endpoint
from neo_site.signin import views

urlpatterns = [
    *endpoint("token", views.TokenView.as_view(), "token"),
    *endpoint("token/refresh", views.RefreshView.as_view(), "token-refresh"),
    *endpoint("token/revoke", views.RevokeView.as_view(), "token-revoke"),
    *endpoint("sign-out-everywhere", views.SignOutEverywhereView.as_view(), "sign-out-everywhere"),
]
