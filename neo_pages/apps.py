from django.utils.translation import gettext_lazy as _

from neo_base.apps import NeoConfig


class PagesConfig(NeoConfig):
    """The app of the pages. It has no models: whatever it shows and changes is of `secrets_app` and `projects`."""

    default = True
    name = "neo_pages"
    verbose_name = _("Pages")
