"""``jiesu openapi``: print the API's document, as ``/api/v1/openapi.json`` serves it.

``docs/api/openapi.json`` is this output; a test compares them.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.http import HttpRequest
from django.urls import resolve, reverse


class Command(BaseCommand):
    """Print the OpenAPI document."""

    help = "Print the OpenAPI document of the API (docs/api/openapi.json)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask the address that serves it: the doors do not import each other."""
        request = HttpRequest()
        request.method = "GET"
        response = resolve(reverse("api-openapi")).func(request)
        self.stdout.write(response.content.decode(), ending="")
