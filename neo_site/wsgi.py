"""The site as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from neo_site.gateway import Gateway
from neo_site.handlers import ApiHandler, ByAddress
from neo_site.startup import begin_tracing, load_settings, require_master_keys, require_original

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
load_settings()
begin_tracing()
application = Gateway(ByAddress(get_wsgi_application(), ApiHandler()))
require_master_keys()
require_original()
