from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "jiesu.journal"
    label = "journal"
