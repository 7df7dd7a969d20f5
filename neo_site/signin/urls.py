"""To be included under `api/v1/auth/`."""

from __future__ import annotations

from neo_base.rest.urls import endpoint
from neo_site.signin import views
from neo_site.signin.devices.views import DeviceCodesView, DeviceTokenView

urlpatterns = [
    *endpoint("token", views.TokenView.as_view(), "token"),
    *endpoint("token/refresh", views.RefreshView.as_view(), "token-refresh"),
    *endpoint("token/revoke", views.RevokeView.as_view(), "token-revoke"),
    *endpoint("device", DeviceCodesView.as_view(), "device-codes"),
    *endpoint("device/token", DeviceTokenView.as_view(), "device-token"),
    *endpoint("sign-out-everywhere", views.SignOutEverywhereView.as_view(), "sign-out-everywhere"),
]
