from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "jiesu.supervision"
    label = "supervision"
