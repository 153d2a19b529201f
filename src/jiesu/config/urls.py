"""Which address leads to which door."""

from django.urls import URLPattern, URLResolver, include, path

from jiesu.config import probes

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", probes.metrics_page, name="metrics"),
    path("api/", include("jiesu.api.urls")),
    path("", include("jiesu.web.urls")),
]
