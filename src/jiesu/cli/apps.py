from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "jiesu.cli"
    label = "cli"
