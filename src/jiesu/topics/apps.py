from django.apps import AppConfig


class TopicsConfig(AppConfig):
    name = "jiesu.topics"
    label = "topics"
