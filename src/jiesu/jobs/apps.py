from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jiesu.jobs"
    label = "jobs"
