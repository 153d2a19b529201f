from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "jiesu.organizations"
    label = "organizations"
