"""The site as an ASGI application, for hosts that serve nothing else; WSGI costs half the CPU here."""

import os

from django.core.asgi import get_asgi_application

from neo_site.startup import load_settings, require_master_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
load_settings()
application = get_asgi_application()
require_master_keys()
