from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    name = "jiesu.deadlines"
    label = "deadlines"
