from django.apps import AppConfig


class InspectionConfig(AppConfig):
    name = "jiesu.inspection"
    label = "inspection"
