"""The pages of the web. A desk joins by its line in ``DESKS`` and its folder ``<desk>/urls.py``."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

DESKS: dict[str, str] = {  # folder: where its pages stand
    "citizen": "",
    "seat": "seat/",
    "dispatch": "dispatch/",
    "unit": "unit/",
    "review": "review/",
    "callback": "callback/",
    "orders": "orders/",
    "pick": "pick/",
    "supervision": "supervision/",
    "warnings": "warnings/",
    "topics": "topics/",
    "scoring": "scoring/",
    "bulletins": "bulletins/",
    "notices": "notices/",
    "quality": "quality/",
    "efficiency": "efficiency/",
    "manage": "manage/",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("jiesu.web.account.urls")),
    *(
        path(prefix, include(f"jiesu.web.{desk}.urls"))
        for desk, prefix in DESKS.items()
        if find_spec(f"jiesu.web.{desk}") and find_spec(f"jiesu.web.{desk}.urls")
    ),
]
if settings.DEBUG:
    urlpatterns.append(path("gallery/", include("jiesu.web.gallery.urls")))
