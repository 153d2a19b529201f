from django.apps import AppConfig


class WarningsConfig(AppConfig):
    name = "jiesu.warnings"
    label = "warnings"
