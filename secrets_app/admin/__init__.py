from django.contrib import admin
from django.contrib.admin import AdminSite

from secrets_app.admin.data_key import DataKeyAdmin
from secrets_app.admin.secret import SecretAdmin
from secrets_app.admin.token import ServiceTokenAdmin


def register(site: AdminSite) -> None:
    """Register every page of this app with a further admin site; Django's own has them already."""
    for model, page in admin.site._registry.items():
        if type(page).__module__.startswith(f"{__name__}.") and not site.is_registered(model):
            site.register(model, type(page))


__all__ = ["DataKeyAdmin", "SecretAdmin", "ServiceTokenAdmin", "register"]
