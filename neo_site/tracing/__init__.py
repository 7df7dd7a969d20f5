"""Traces for OpenTelemetry: requests and statements, their durations and outcomes. Imported only where wanted."""

import os

# The instruments read these while they are imported. Machines ask the excluded addresses every few seconds.
os.environ.setdefault("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", "livez,readyz,metrics,static/")
os.environ.setdefault("OTEL_SERVICE_NAME", "neo-secrets")
