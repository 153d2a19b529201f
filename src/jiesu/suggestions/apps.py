from django.apps import AppConfig


class SuggestionsConfig(AppConfig):
    name = "jiesu.suggestions"
    label = "suggestions"
