"""System checks of the settings that our apps share. Each app imports this module, which registers them once."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from neo_base.apps import installed_apps
from neo_base.conf import Settings, conf
from neo_base.site_settings import unknown_keys, unless_dictionary


@register()
def settings_are_a_dictionary(**_: Any) -> list[CheckMessage]:
    return unless_dictionary("NEO_BASE", "neo_base.E001")


@register()
def settings_are_known(**_: Any) -> list[CheckMessage]:
    return unknown_keys("NEO_BASE", Settings, "neo_base.E002")


@register()
def client_address_loads(**_: Any) -> list[CheckMessage]:
    try:
        loads = callable(import_string(conf.client_address))
    except (ImportError, ValueError, TypeError):
        # `import_string` raises the last two for a setting that is no dotted path.
        loads = False
    if loads:
        return []
    return [
        Error(
            "NEO_BASE['CLIENT_ADDRESS'] does not name a callable.",
            hint="Name a function that takes a request and returns its client address, or remove the key.",
            id="neo_base.E003",
        )
    ]


@register()
def apps_keep_their_labels(**_: Any) -> list[CheckMessage]:
    hint = "Keep the default label: migrations and permissions name it. If an app of your own has it, relabel that one."
    return [
        Error(f"The app {config.name} has the label {config.label!r}.", hint, id="neo_base.E004")
        for config in installed_apps().values()
        if config.label != config.name
    ]
