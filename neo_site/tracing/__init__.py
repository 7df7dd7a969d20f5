"""Traces for OpenTelemetry: which requests and which statements, how long, how they ended. Loaded only where wanted."""

import os

# Read by the instruments as they are imported. The addresses are asked every few seconds, by machines.
os.environ.setdefault("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", "livez,readyz,metrics,static/")
os.environ.setdefault("OTEL_SERVICE_NAME", "neo-secrets")
