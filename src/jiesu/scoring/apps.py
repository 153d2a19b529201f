from django.apps import AppConfig


class ScoringConfig(AppConfig):
    name = "jiesu.scoring"
    label = "scoring"
