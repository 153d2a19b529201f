"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018  # load every door now, not while the first person waits
