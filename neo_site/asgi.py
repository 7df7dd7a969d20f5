"""The site as an ASGI application, for hosts that serve nothing else; WSGI costs half the CPU here."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

from neo_site.startup import begin_tracing, load_settings, require_master_keys, require_original

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "neo_site.settings")
load_settings()
begin_tracing()
application = get_asgi_application()
# Servers import this inside their event loop, where Django refuses to use the database.
with ThreadPoolExecutor(1) as pool:
    pool.submit(require_master_keys).result()
    pool.submit(require_original).result()
