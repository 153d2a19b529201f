"""Where the API's versions are; anything else below ``/api/`` is absent, said in problem+json."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from jiesu.api.v1 import docs
from jiesu.api.v1.api import urlpatterns as v1
from jiesu.api.v1.errors import absent


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """No such address."""
    return absent(request)


urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/openapi.json", docs.openapi, name="api-openapi"),
    path("v1/docs", docs.page, name="api-docs"),
    path("v1/", include((v1(), "api-v1"))),
    re_path("", nowhere, name="api-nowhere"),
]
