from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "jiesu.search"
    label = "search"
