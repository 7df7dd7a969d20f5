"""`/metrics`, for clients with the token of the settings. Without that setting the page does not exist."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client.exposition import choose_encoder

from neo_base.rest.errors import CHALLENGE


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics in the format that the client asks for; 401 without the token, 404 without a setting."""
    if not settings.NEO_METRICS_TOKEN:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if not _is_allowed(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": CHALLENGE})
    # Imported here, so that a site without metrics does not load the library.
    from neo_site.metrics.instruments import registry

    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry()), content_type=content_type)


def _is_allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.NEO_METRICS_TOKEN)
