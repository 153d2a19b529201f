from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "jiesu.exports"
    label = "exports"
