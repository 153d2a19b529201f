from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "jiesu.catalogue"
    label = "catalogue"
