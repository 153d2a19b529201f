from django.apps import AppConfig
from django.conf import settings

from jiesu.foundation.crypto import use_key_file


class JournalConfig(AppConfig):
    name = "jiesu.journal"
    label = "journal"

    def ready(self) -> None:
        """Tell this process where its keys are; the file itself is read at first use."""
        use_key_file(settings.JIESU_KEY_FILE, may_create=not settings.IN_PRODUCTION)
