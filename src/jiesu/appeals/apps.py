from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "jiesu.appeals"
    label = "appeals"
