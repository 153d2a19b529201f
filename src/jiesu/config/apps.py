from django.apps import AppConfig
from django.core import checks


class ConfigConfig(AppConfig):
    name = "jiesu.config"
    label = "config"

    def ready(self) -> None:
        """Register the installation's own system checks."""
        from jiesu.config import checks as own

        checks.register(own.keys, checks.Tags.security)
        checks.register(own.unknown_settings)
        checks.register(own.attachment_storage)
        checks.register(own.calendar_years, checks.Tags.database)
